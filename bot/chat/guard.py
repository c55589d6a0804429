"""What every channel does with a message before Rasa sees it. Plain Python.

Rasa takes any text with a leading slash for an intent with entities, whoever typed it. Only payloads of
buttons that the bot issued in the same conversation may be that; typed slashes are text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
"""Markup: never meant for the advisor, and it confuses the classifier."""

ENTITIES = re.compile(r"\{.*\}$", re.DOTALL)
"""What a forged payload tries to set."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

EMPTY = "/empty_message"
TOO_LONG = "/too_long"
"""Intents that only the guard gives: a message that is no question is answered by a rule all the same."""


@dataclass(frozen=True)
class Guarded:
    """A message as Rasa may see it. `metadata` keeps what the visitor typed where `text` no longer says it."""

    text: str
    metadata: dict[str, str] = field(default_factory=dict)


def guard(text: str, issued: Iterable[str], max_length: int) -> Guarded:
    """Cleans a visitor's text, and lets only issued button payloads act as such.

    Control and invisible characters are dropped and letters composed (NFC). `max_length` is in characters.
    """
    clean = unicodedata.normalize("NFC", CONTROL.sub("", text)).strip()
    if clean.startswith("/") and clean in set(issued):
        return Guarded(clean)
    typed, clean = clean, TAG.sub(" ", clean).strip()
    if clean.startswith("/"):
        clean = ENTITIES.sub("", clean).lstrip("/ ").strip()
    if not any(character.isalnum() for character in clean):
        return Guarded(EMPTY, {"typed": typed})
    if len(clean) > max_length:
        return Guarded(TOO_LONG, {"typed": typed})
    return Guarded(clean, {} if clean == typed else {"typed": typed})


def storable(text: str) -> str:
    """A text as typed, but for what databases and UTF-8 don't know: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def issued_payloads(events: Iterable[Mapping[str, Any]]) -> set[str]:
    """The payloads of all buttons that the bot sent in a conversation, from its events."""
    payloads = set()
    for event in events:
        if event.get("event") == "bot":
            for button in (event.get("data") or {}).get("buttons") or []:
                payloads.add(str(button.get("payload")))
    return payloads
