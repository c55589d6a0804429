"""The two forms: which fields they ask, and what a visitor's message fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.forms import parsing as validation

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

FILLING = ("inform", "affirm", "deny")
"""Intents that a form always takes for an answer."""

SURE = 0.6
"""From this confidence on an intent is believed against what the form expects: a yes, leaving, a question."""


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
    correction = _correction(kind, requested, message)
    if correction is not NO_ANSWER:
        return correction
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
    in_between = _in_between(message, 0.0 if validation.is_question(message.text) else SURE)
    return NO_ANSWER if in_between else Filled(problem=f"invalid_{requested.removeprefix('competitor_')}")


def _correction(kind: Kind, requested: str, message: FormMessage) -> Filled:
    """A moment, or details typed anew while something else is asked: they replace what was filled in."""
    if message.text.startswith("/"):
        return NO_ANSWER
    if requested in ("moment", "confirmed"):
        found = dict(prefill(kind, message).values)
        if "moment" in FIELDS[kind] and not found and validation.reads_as_moment(message.text, message.now):
            return _moment(message)
        return Filled(found) if found else NO_ANSWER
    return NO_ANSWER


def _moment(message: FormMessage) -> Filled:
    value = validation.clean_moment(message.text)
    if value is None:
        return Filled(problem="invalid_moment")
    return Filled(problem="past_moment") if validation.is_past(value, message.now) else Filled({"moment": value})


def _in_between(message: FormMessage, sure: float = 0.0) -> bool:
    if message.text.startswith("/"):
        return True
    off_topic = message.intent in ("out_of_scope", "nlu_fallback") and message.text.rstrip().endswith("?")
    return off_topic or (message.intent.startswith(QUESTIONS) and message.confidence >= sure)


def _yes_no(kind: Kind, requested: str, message: FormMessage) -> Filled:
    if message.intent == "affirm" and message.confidence >= SURE:
        return Filled({requested: True})
    if message.intent == "deny":
        return Filled({"consent": False}) if requested == "consent" else Filled(problem="change_what")
    if _in_between(message):
        return NO_ANSWER
    name = validation.clean_name(message.text) if message.intent == "inform" and "name" in FIELDS[kind] else None
    return Filled({"name": name}) if name else Filled(problem="invalid_yes_no")


def _free_text(requested: str, message: FormMessage) -> Filled:
    named = requested == "name" and validation.introduces_itself(message.text)
    if not named and _in_between(message, SURE if requested == "name" else SURE / 2):
        return NO_ANSWER
    if requested == "moment":
        if message.intent in ("affirm", "deny"):
            return Filled(problem="invalid_moment")
        if validation.is_question(message.text) and not validation.reads_as_moment(message.text, message.now):
            return NO_ANSWER if _in_between(message) else Filled(problem="invalid_moment")
        return _moment(message)
    name = validation.clean_name(message.text)
    return Filled({"name": name}) if name else Filled(problem="invalid_name")
