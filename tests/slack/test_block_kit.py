"""The rules for blocks and views that answers are checked against."""

from __future__ import annotations

from typing import Any

import pytest

from tests.slack.block_kit import problems_in_blocks, problems_in_view
from tests.slack.workspace import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "tekst", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(text: str = "Ja", action_id: str = "yes", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def menu(count: int, text: str = "Think", value: str = "think") -> Json:
    options = [{"text": plain(text), "value": value}] * count
    return {"type": "static_select", "action_id": "menu", "options": options}


def field(block_id: str, kind: str = "plain_text_input") -> Json:
    return {"type": "input", "block_id": block_id, "label": plain("Naam"), "element": {"type": kind}}


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Afspraak"),
        "submit": plain("Stuur"),
        "close": plain("Niet nu"),
        "blocks": [*blocks],
        **more,
    }


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section("a" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]"),
        ([section(fields=[plain("a")] * 11)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
        (
            [section(fields=[plain("a" * 2001)])],
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            [{"type": "header", "text": plain("a" * 151)}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "context", "elements": [plain("a")] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        ([actions()], "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
        ([actions(button("a" * 76))], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
        (
            [actions(button(value="a" * 2001))],
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        ([actions(button(disabled=True))], "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]"),
        ([actions(button("a"), button("b"))], "`action_id` already exists: yes [json-pointer:/blocks/0/elements]"),
        ([section(block_id="a")] * 2, "`block_id` already exists: a [json-pointer:/blocks]"),
        ([actions(menu(101))], "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        (
            [actions(menu(1, "a" * 76))],
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
        ),
        (
            [actions(menu(1, value="a" * 151))],
            "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
        ),
        ([field("name")], "unsupported type: input [json-pointer:/blocks/0/type]"),
    ],
)
def test_blocks_beyond_a_limit_are_refused(blocks: Any, problem: str) -> None:
    assert problem in problems_in_blocks(blocks)


def test_blocks_at_their_limits_pass() -> None:
    blocks = [
        {"type": "header", "text": plain("a" * 150)},
        section("a" * 3000, fields=[plain("a" * 2000)] * 10),
        actions(*(button("a" * 75, str(number), value="x" * 2000) for number in range(25))),
        actions(menu(100, "a" * 75, "a" * 150)),
        {"type": "context", "elements": [plain("a" * 3000)] * 10},
    ]
    assert problems_in_blocks(blocks * 10) == []
    assert problems_in_view(modal(field("a"), field("b", "plain_text_input")), "modal") == []


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(section(), title=plain("a" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(section(), submit=None), "must be an object [json-pointer:/view/submit]"),
        (
            modal(section(), private_metadata="a" * 3001),
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (modal(*[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(field("a"), field("a")), "`block_id` already exists: a [json-pointer:/view/blocks]"),
        (modal(field("a", "datepicker")), "unsupported type: datepicker [json-pointer:/view/blocks/0/element/type]"),
        ({"type": "home", "blocks": [section()]}, "unsupported type: home [json-pointer:/view/type]"),
    ],
)
def test_a_wrong_modal_is_refused(view: Json, problem: str) -> None:
    assert problem in problems_in_view(view, "modal")
