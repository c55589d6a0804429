"""The two forms: which fields they ask, and what a visitor's message fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.intake import validation

Kind = Literal["competitor_check", "appointment"]

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    "competitor_check": ("competitor_url", "email", "consent", "confirmed"),
    "appointment": ("name", "contact", "moment", "confirmed"),
}
"""The fields of each form, in the order they are asked."""

QUESTIONS = (
    "ask_",
    "faq_",
    "explain_",
    "struggle_",
    "want_only_do",
    "help",
    "bot_challenge",
    "request_human",
    "follow_up",
)
"""Intents (or how they begin) that may come in between: they are answered, then the form goes on."""

LEAVING = ("cancel", "goodbye", "start_over")
"""Intents that leave a form."""

SURE = 0.6
"""A confidence from which free text is taken for a question in between rather than for an answer."""


@dataclass(frozen=True)
class FormMessage:
    """What a visitor said while a form was open."""

    text: str
    intent: str
    confidence: float
    country: str
    now: datetime


@dataclass(frozen=True)
class Filled:
    """What came of it: values by field, or a problem to explain, or neither (it was no answer at all)."""

    values: Mapping[str, str | bool | None] = field(default_factory=dict)
    problem: str | None = None
    """Key of the phrase that says what is wrong."""


NO_ANSWER = Filled()


def prefill(kind: Kind, message: FormMessage) -> Filled:
    """Takes what the first sentence already gives: "doe een check van www.concurrent.nl"."""
    finders: dict[str, Callable[[str], str | None]] = {
        "competitor_url": validation.find_urls,
        "email": validation.find_email,
        "contact": lambda text: validation.find_contact(text, message.country),
    }
    found = {f: finders[f](message.text) for f in FIELDS[kind] if f in finders}
    return Filled({name: value for name, value in found.items() if value})


def fill(kind: Kind, requested: str, message: FormMessage) -> Filled:
    """What the message answers to the field that was asked for."""
    if message.intent == "cancel" or (message.intent in LEAVING and message.confidence >= SURE):
        return NO_ANSWER
    if message.intent.startswith("request_") and message.intent not in (f"request_{kind}", "request_human"):
        return NO_ANSWER  # the other form is wanted
    if requested in ("consent", "confirmed"):
        return _yes_no(kind, requested, message)
    if requested in ("name", "moment"):
        return _free_text(requested, message)
    found = prefill(kind, message)
    if requested in found.values:
        return found
    return NO_ANSWER if _in_between(message) else Filled(problem=f"invalid_{requested.removeprefix('competitor_')}")


def _in_between(message: FormMessage, sure: float = 0.0) -> bool:
    if message.text.startswith("/"):
        return True
    off_topic = message.intent in ("out_of_scope", "nlu_fallback") and message.text.rstrip().endswith("?")
    return off_topic or (message.intent.startswith(QUESTIONS) and message.confidence >= sure)


def _yes_no(kind: Kind, requested: str, message: FormMessage) -> Filled:
    if message.intent == "affirm":
        return Filled({requested: True})
    if message.intent != "deny":
        return NO_ANSWER if _in_between(message) else Filled(problem="invalid_yes_no")
    if requested == "consent":
        return Filled({"consent": False})
    return Filled(dict.fromkeys(FIELDS[kind]), problem="change_what")


def _free_text(requested: str, message: FormMessage) -> Filled:
    if _in_between(message, SURE):
        return NO_ANSWER
    clean = validation.clean_name if requested == "name" else validation.clean_moment
    value = clean(message.text)
    if value is None:
        return Filled(problem=f"invalid_{requested}")
    if requested == "moment" and validation.is_past(value, message.now):
        return Filled(problem="past_moment")
    return Filled({requested: value})
