"""The rules for blocks and views, tried through the Web API."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models import blocks as kit
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.block_kit import problems_in_blocks, problems_in_submission_answer, problems_in_view
from tests.slack.fake_slack import FakeSlack
from tests.slack.samples import actions, button, field, menu, modal, mrkdwn, option, picture, plain, refusal, section
from tests.slack.workspace import Json

LONG_LIST = [option(str(number), str(number)) for number in range(101)]


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section("a" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]"),
        (
            [{"type": "section", "fields": [mrkdwn("a")] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            [{"type": "section", "fields": [mrkdwn("a" * 2001)]}],
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            [{"type": "header", "text": plain("a" * 151)}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "header", "text": mrkdwn("a")}],
            "must be a valid enum value: plain_text [json-pointer:/blocks/0/text/type]",
        ),
        (
            [{"type": "context", "elements": [mrkdwn("a")] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        ([actions()], "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
        (
            [actions(*(button(action_id=str(number)) for number in range(26)))],
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [actions(button("a" * 76))],
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        ),
        ([actions(button(""))], "must be more than 0 characters [json-pointer:/blocks/0/elements/0/text/text]"),
        (
            [actions({**button(), "text": mrkdwn("Ja")})],
            "must be a valid enum value: plain_text [json-pointer:/blocks/0/elements/0/text/type]",
        ),
        (
            [actions(button(value="a" * 2001))],
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            [actions(button(url="a" * 3001))],
            "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
        ),
        (
            [actions(button(action_id="a" * 256))],
            "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
        ),
        (
            [actions(button(disabled=True))],
            "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]",
        ),
        (
            [actions(button("a"), button("b"))],
            "`action_id` already exists: yes [json-pointer:/blocks/0/elements]",
        ),
        (
            [{**section(), "block_id": "a"}, {**section(), "block_id": "a"}],
            "`block_id` already exists: a [json-pointer:/blocks]",
        ),
        (
            [{**section(), "block_id": "a" * 256}],
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
        (
            [actions(menu(*LONG_LIST))],
            "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            [actions(menu(option("a" * 76)))],
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
        ),
        (
            [actions(menu(option(value="a" * 151)))],
            "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
        ),
        ([field("name", "Naam")], "unsupported type: input [json-pointer:/blocks/0/type]"),
        (
            [picture("http://127.0.0.1/reis.png")],
            "downloading image failed [json-pointer:/blocks/0/image_url]",
        ),
    ],
)
async def test_wrong_blocks_are_refused_in_slacks_words(client: AsyncWebClient, blocks: Any, problem: str) -> None:
    answer = await refusal(client.chat_postMessage(channel="C1", text="a", blocks=blocks))
    assert answer["error"] == "invalid_blocks"
    assert problem in answer["errors"]
    assert f"[ERROR] {problem}" in answer["response_metadata"]["messages"]


async def test_blocks_at_their_limits_pass(client: AsyncWebClient) -> None:
    choices = [option(("a" * 72 + str(number))[-75:], str(number)) for number in range(100)]
    confirm = {"title": plain("Zeker?"), "text": mrkdwn("*Echt?*"), "confirm": plain("Ja"), "deny": plain("Nee")}
    blocks = [
        {"type": "header", "text": plain("a" * 150)},
        section("a" * 3000),
        {"type": "section", "fields": [mrkdwn("a")] * 9 + [mrkdwn("a" * 2000)], "accessory": button(confirm=confirm)},
        actions(*(button("a" * 75, str(number)) for number in range(5))),
        actions(button("zelfde", "0", style="primary", value="x" * 100, url="https://example.nl")),
        {"type": "context", "elements": [mrkdwn("a"), picture("https://example.nl/reis.png")]},
    ]
    assert problems_in_blocks([*blocks, actions(menu(*choices, placeholder=plain("Kies")))]) == []
    await client.chat_postMessage(channel="C1", text="a", blocks=blocks)


async def test_what_the_models_of_slack_sdk_make_is_accepted(slack: FakeSlack, client: AsyncWebClient) -> None:
    blocks = [
        kit.HeaderBlock(text="Do: gekozen worden"),
        kit.SectionBlock(text="*Begin hiermee*", fields=["een", "twee"]),
        kit.ActionsBlock(
            elements=[
                kit.ButtonElement(text="Welke kanalen?", action_id="channels", value="do"),
                kit.StaticSelectElement(
                    action_id="more", placeholder="Meer", options=[kit.Option(value="faq", label="Vragen")]
                ),
                kit.OverflowMenuElement(action_id="dots", options=[kit.Option(value="no", label="Dat is het niet")]),
            ]
        ),
        kit.DividerBlock(),
        kit.ContextBlock(elements=[kit.MarkdownTextObject(text="Dat hoor ik hieraan: “niemand bestelt”")]),
    ]
    await client.chat_postMessage(channel="C1", text="Do", blocks=blocks)
    view = View(
        type="modal",
        title="Afspraak",
        submit="Stuur",
        blocks=[
            kit.InputBlock(block_id="email", label="E-mail", element=kit.EmailInputElement(action_id="value")),
            kit.InputBlock(
                block_id="day", label="Dag", element=kit.DatePickerElement(action_id="value"), optional=True
            ),
        ],
    )
    trigger = slack.slash_command("/advies")["trigger_id"]
    await client.views_open(trigger_id=trigger, view=view)
    await client.views_publish(user_id="U1", view=View(type="home", blocks=[kit.HeaderBlock(text="Klantkompas")]))


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("a" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("a" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(close=plain("")), "must be more than 0 characters [json-pointer:/view/close/text]"),
        (modal(private_metadata="a" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(*[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(field("a", "A"), submit=None), "must be an object [json-pointer:/view/submit]"),
        (modal(field("a", "A"), field("a", "B")), "`block_id` already exists: a [json-pointer:/view/blocks]"),
        ({"type": "modal", "blocks": [section()]}, "missing required field: title [json-pointer:/view]"),
        (
            {"type": "modal", "title": plain("A"), "blocks": [field("a", "A")]},
            "missing required field: submit [json-pointer:/view]",
        ),
        ({"type": "home", "blocks": [section()]}, "unsupported type: home [json-pointer:/view/type]"),
    ],
)
async def test_a_wrong_modal_is_refused(slack: FakeSlack, client: AsyncWebClient, view: Json, problem: str) -> None:
    trigger = slack.slash_command("/advies")["trigger_id"]
    answer = await refusal(client.api_call("views.open", json={"trigger_id": trigger, "view": view}))
    assert answer["error"] == "invalid_arguments"
    assert f"[ERROR] {problem}" in answer["response_metadata"]["messages"]
    assert slack.modals() == []


def test_an_answer_to_a_form_has_to_fit_the_form() -> None:
    view = modal(field("email", "E-mail"))
    assert problems_in_submission_answer(view, None) == []
    right = {"response_action": "errors", "errors": {"email": "Dit is geen e-mailadres."}}
    assert problems_in_submission_answer(view, right) == []
    wrong = {"response_action": "errors", "errors": {"value": "Dit is geen e-mailadres."}}
    assert problems_in_submission_answer(view, wrong) == ["no input block has this block_id: value"]
    long = {"response_action": "update", "view": modal(section(), title=plain("a" * 25))}
    assert problems_in_submission_answer(view, long) == problems_in_view(long["view"])
