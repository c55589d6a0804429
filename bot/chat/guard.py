"""Cleans a visitor's message before Rasa reads it.

Rasa takes any text that begins with a slash for an intent with entities (`/restart`, `/inform{"email": ...}`). Only
payloads of buttons that were issued in the same conversation may do so; any other slash is text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
"""Markup, which is never meant for the advisor and misleads the classifier."""

ENTITIES = re.compile(r"\{.*\}$", re.DOTALL)
"""The entities of a forged payload."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Control, zero-width and bidirectional characters."""

EMPTY = "/empty_message"
TOO_LONG = "/too_long"
"""Payloads that only the guard gives, for messages that the classifier cannot read."""


@dataclass(frozen=True)
class GuardedMessage:
    """A message as Rasa may see it. `metadata` holds the typed text where `text` differs from it."""

    text: str
    metadata: dict[str, str] = field(default_factory=dict)


def guard(text: str, issued_payloads: Collection[str], max_length: int) -> GuardedMessage:
    """Cleans a visitor's text: no control characters, composed letters (NFC), no markup, no forged payloads.

    Example:
        >>> guard('/inform{"email": "x"}', issued_payloads=[], max_length=2000)
        GuardedMessage(text='inform', metadata={'typed': '/inform{"email": "x"}'})

    Args:
        text: As typed.
        issued_payloads: Payloads of the buttons that were shown in this conversation.
        max_length: In characters; longer texts become `TOO_LONG`.
    """
    clean = unicodedata.normalize("NFC", CONTROL.sub("", text)).strip()
    if clean.startswith("/") and clean in issued_payloads:
        return GuardedMessage(clean)
    typed, clean = clean, TAG.sub(" ", clean).strip()
    if clean.startswith("/"):
        clean = ENTITIES.sub("", clean).lstrip("/ ").strip()
    if not any(character.isalnum() for character in clean):
        return GuardedMessage(EMPTY, {"typed": typed})
    if len(clean) > max_length:
        return GuardedMessage(TOO_LONG, {"typed": typed})
    return GuardedMessage(clean, {} if clean == typed else {"typed": typed})


def storable(text: str) -> str:
    """The text without what databases and UTF-8 refuse: NUL, and lone surrogates (replaced by `?`)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
