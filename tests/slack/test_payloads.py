"""What users do in the fake Slack, as slack_bolt understands it over HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.fake_slack import FakeSlack
from tests.slack.payloads import http_body, typed
from tests.slack.samples import acknowledge, actions, bolt, button, field, menu, modal, option
from tests.slack.workspace import Json
from tests.support.waiting import wait_until


async def dispatch(app: AsyncApp, slack: FakeSlack, payload: Json, **signature: Any) -> int:
    """Sends a payload as an HTTP request, and returns the status of the answer."""
    body = http_body(payload)
    headers: Any = slack.signed(body, **signature)
    return (await app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))).status


async def test_bolt_understands_every_payload_over_http(slack: FakeSlack, client: AsyncWebClient) -> None:
    app = bolt(slack)
    seen: list[str] = []

    @app.event("message")
    async def on_message(event: Json) -> None:
        seen.append(f"message {event['text']} {event['channel_type']}")

    @app.event("app_mention")
    async def on_mention(event: Json) -> None:
        seen.append(f"mention {event['text']}")

    @app.event("app_home_opened")
    async def on_home(event: Json) -> None:
        seen.append(f"home {event['user']}")

    @app.command("/advies")
    async def on_command(ack: Any, command: Json) -> None:
        await ack()
        seen.append(f"command {command['text']}")

    @app.shortcut("which_phase")
    async def on_shortcut(ack: Any, shortcut: Json) -> None:
        await ack()
        seen.append(f"shortcut {shortcut['message']['text']}")

    @app.action("menu")
    async def on_action(ack: Any, action: Json) -> None:
        await ack()
        seen.append(f"action {action['selected_option']['value']}")

    @app.view("appointment")
    async def on_view(ack: Any, view: Json) -> None:
        await ack()
        seen.append(f"view {view['state']['values']['email']['value']['value']}")

    trigger = slack.slash_command("/advies")["trigger_id"]
    form = modal(field("email", "E-mail"), field("note", "Opmerking", optional=True), callback_id="appointment")
    view = (await client.views_open(trigger_id=trigger, view=form))["view"]
    await client.chat_postMessage(channel="C1", text="Kies", blocks=[actions(menu(option()))])
    payloads = [
        slack.message_event(typed("SEO & SEA")),
        slack.app_mention_event("help"),
        slack.app_home_opened_event(),
        slack.slash_command("/advies", "niemand bestelt"),
        slack.message_shortcut("which_phase", slack.say("Te duur!")),
        slack.block_action(slack.messages("C1")[0], "menu", "think"),
        slack.view_submission(view, {"email": "anna@example.nl"}),
    ]
    assert [await dispatch(app, slack, payload) for payload in payloads] == [200] * 7
    await wait_until(lambda: len(seen) == 7, 3, lambda: str(seen))
    assert sorted(seen) == sorted(
        [
            "message SEO &amp; SEA im",
            "mention <@UBOT> help",
            "home U1",
            "command niemand bestelt",
            "shortcut Te duur!",
            "action think",
            "view anna@example.nl",
        ]
    )


async def test_only_a_fresh_request_with_the_right_signature_is_believed(slack: FakeSlack) -> None:
    app = bolt(slack)
    app.command("/advies")(acknowledge)
    payload = slack.slash_command("/advies")
    assert await dispatch(app, slack, payload) == 200
    assert await dispatch(app, slack, payload, secret="other") == 401
    assert await dispatch(app, slack, payload, timestamp=int(time.time()) - 301) == 401
    assert slack.signed("{}", retry_num=1)["X-Slack-Retry-Reason"] == "http_timeout"


async def test_only_what_is_there_can_be_pressed_or_filled_in(slack: FakeSlack, client: AsyncWebClient) -> None:
    buttons = actions(button("a", "share", value="1"), button("b", "other"))
    await client.chat_postMessage(channel="C1", text="a", blocks=[buttons, actions(menu(option()))])
    (message,) = slack.messages("C1")
    with pytest.raises(AssertionError, match=r"there is .*'share', '1'"):
        slack.block_action(message, "close")
    with pytest.raises(AssertionError, match=r"there are .*'think'"):
        slack.block_action(message, "menu", "do")
    trigger = slack.slash_command("/advies")["trigger_id"]
    form = modal(field("email", "E-mail"), field("note", "Opmerking", optional=True))
    view = (await client.views_open(trigger_id=trigger, view=form))["view"]
    with pytest.raises(AssertionError, match=r"missing: \['email'\]"):
        slack.view_submission(view, {"note": "x"})
    values = slack.view_submission(view, {"email": None})["view"]["state"]["values"]
    assert values["note"] == {"value": {"type": "plain_text_input", "value": None}}


async def test_a_form_that_was_filled_in_tells_all_its_fields(slack: FakeSlack, client: AsyncWebClient) -> None:
    boxes: Json = {"type": "checkboxes", "options": [option("Mail", "mail"), option("Bel", "call")]}
    start: Json = menu(option(), option("Do", "do"), initial_option=option("Do", "do"))
    form = modal(
        field("name", "Naam", initial_value="Anna"),
        field("phase", "Fase", **{**start, "action_id": "value"}),
        field("how", "Hoe", **boxes),
        field("day", "Dag", type="datepicker"),
        field("note", "Opmerking", optional=True),
    )
    trigger = slack.slash_command("/advies")["trigger_id"]
    view = (await client.views_open(trigger_id=trigger, view=form))["view"]
    payload = slack.view_submission(view, {"how": ["call"], "day": "2024-05-06"})
    values = {block: state["value"] for block, state in payload["view"]["state"]["values"].items()}
    assert values == {
        "name": {"type": "plain_text_input", "value": "Anna"},
        "phase": {"type": "static_select", "selected_option": option("Do", "do")},
        "how": {"type": "checkboxes", "selected_options": [option("Bel", "call")]},
        "day": {"type": "datepicker", "selected_date": "2024-05-06"},
        "note": {"type": "plain_text_input", "value": None},
    }


async def test_an_edit_a_join_and_a_bot_look_like_the_real_ones(slack: FakeSlack) -> None:
    ts = slack.message_event("eerst")["event"]["ts"]
    edit = slack.message_event("later", ts=ts, subtype="message_changed")["event"]
    assert (edit["previous_message"]["text"], edit["message"]["text"], edit["ts"] > ts) == ("eerst", "later", True)
    assert "user" not in edit
    removal = slack.message_event("", ts=ts, subtype="message_deleted")["event"]
    assert (removal["deleted_ts"], slack.messages("D1")) == (ts, [])
    join = slack.message_event("", channel="C1", subtype="channel_join")["event"]
    assert join["text"] == "<@U1> has joined the channel"
    own = slack.message_event("van mij", bot_id="BBOT")["event"]
    assert (own["user"], own["app_id"]) == ("UBOT", "A1")
    assert "user" not in slack.message_event("hoi", channel="C1", subtype="bot_message")["event"]
    reply = slack.message_event("antwoord", thread_ts=own["ts"])["event"]
    assert reply["parent_user_id"] == "UBOT"
