"""Finds the visitor's own words in stored answers and tracker events, for data subject requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.advice.answer import FROM_TEAM


def in_answer(answer: Mapping[str, Any]) -> Iterator[str]:
    """What may be about a person in a stored answer (`Answer.as_json`): the visitor's words, and what the team writes.

    All other text is the knowledge base's.
    """
    if answer.get("about") == FROM_TEAM:
        yield from (section["text"] for section in answer.get("sections", ()) if section.get("text"))
    for section in (*answer.get("sections", ()), *(s for tab in answer.get("card", ()) for s in tab["sections"])):
        for quoted in (*section.get("quotes", ()), section.get("value")):
            if quoted:
                yield quoted["text"]


def in_event(event: Mapping[str, Any]) -> Iterator[str]:
    """The visitor's words in an event of Rasa's tracker store."""
    if event["event"] == "user":
        yield from _texts([event.get("text"), event.get("metadata"), (event.get("parse_data") or {}).get("entities")])
    elif event["event"] == "slot":
        yield from _texts(event.get("value"))
    elif event["event"] == "bot":
        yield from in_answer((event.get("data") or {}).get("custom") or {})


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
