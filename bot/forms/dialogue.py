"""A form that is filled in question by question: what a visitor's message adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.forms import parsing
from bot.forms.fields import CONFIRMED, CONSENT, FIELDS, FORMS, MOMENT, NAME, Field, Kind, ParseContext

INTERRUPTING_INTENTS = (
    "ask_",
    "faq_",
    "explain_",
    "struggle_",
    "want_only_do",
    "help",
    "bot_challenge",
    "request_human",
    "follow_up",
    "complain_about_answer",
    "insult",
    "delete_my_data",
)
"""Intents (by prefix) that may interrupt a form: they are answered, then the form asks its question again."""

EXIT_INTENTS = ("cancel", "goodbye", "start_over")
"""Intents that close a form."""

ANSWERING_INTENTS = ("inform", "affirm", "deny")
"""Intents that always count as an answer to the form's question."""

MIN_CONFIDENCE = 0.6
"""Confidence from which an intent overrides what the form expects: a yes, an exit, a question in between."""


@dataclass(frozen=True)
class FormMessage:
    """A visitor's message to an open form."""

    text: str
    intent: str
    confidence: float
    context: ParseContext

    @property
    def is_button(self) -> bool:
        """Whether the visitor pressed a button: its text is the intent with a slash before it."""
        return self.text.startswith("/")


@dataclass(frozen=True)
class Filled:
    """The result for a form: values by field name, or a problem, or neither if the message was no answer to it."""

    values: Mapping[str, str | bool | None] = field(default_factory=dict)
    problem: str | None = None
    """Phrase key of what is wrong."""


NO_ANSWER = Filled()


def prefill(kind: Kind, message: FormMessage) -> Filled:
    """Takes the values that any sentence may contain: "doe een check van www.concurrent.nl"."""
    parsed = {f.name: f.parse(message.text, message.context).value for f in FORMS[kind] if f.found_anywhere}
    return Filled({name: value for name, value in parsed.items() if value})


def fill(kind: Kind, requested: str, message: FormMessage) -> Filled:
    """What a message answers to the field that was asked for.

    >>> from datetime import datetime
    >>> here = ParseContext("NL", datetime(2026, 11, 27))
    >>> fill("appointment", "name", FormMessage("ik heet Karin", "inform", 0.9, here)).values
    {'name': 'Karin'}
    >>> fill("appointment", "contact", FormMessage("bel maar", "inform", 0.9, here)).problem
    'invalid_contact'
    >>> fill("appointment", "contact", FormMessage("wat is SEO?", "faq_seo", 0.9, here)) == NO_ANSWER
    True
    """
    asked = FIELDS[requested]
    correction = _correction(kind, asked, message)
    if correction is not NO_ANSWER:
        return correction
    if message.intent == "cancel" or (message.intent in EXIT_INTENTS and message.confidence >= MIN_CONFIDENCE):
        return NO_ANSWER
    if message.intent.startswith("request_") and message.intent not in (f"request_{kind}", "request_human"):
        return NO_ANSWER  # the visitor wants the other form
    if not asked.is_text:
        return _yes_no(kind, asked, message)
    if not asked.found_anywhere:
        return _free_text(asked, message)
    found = prefill(kind, message)
    if requested in found.values:
        return found
    if not message.is_button and parsing.refuses(message.text):
        return Filled(problem="refused_detail")
    interrupts = _interrupts(message, 0.0 if parsing.is_question(message.text) else MIN_CONFIDENCE)
    return NO_ANSWER if interrupts else Filled(problem=asked.problem)


def _correction(kind: Kind, asked: Field, message: FormMessage) -> Filled:
    """Other details than the ones asked for, such as a new moment in reply to the summary: they replace the old."""
    if message.is_button:
        return NO_ANSWER
    if NAME in FORMS[kind] and parsing.names_itself(message.text):
        return _parse(NAME, message)
    if asked not in (MOMENT, CONFIRMED):
        return NO_ANSWER
    found = prefill(kind, message)
    if found.values:
        return found
    if MOMENT in FORMS[kind] and parsing.reads_as_moment(message.text, message.context.now):
        return _parse(MOMENT, message)
    return NO_ANSWER


def _parse(asked: Field, message: FormMessage) -> Filled:
    value, problem = asked.parse(message.text, message.context)
    return Filled({asked.name: value}) if value else Filled(problem=problem)


def _interrupts(message: FormMessage, min_confidence: float = 0.0) -> bool:
    """Whether a message is a question in between, or a button of an earlier answer."""
    if message.is_button:
        return True
    off_topic = message.intent in ("out_of_scope", "nlu_fallback") and message.text.rstrip().endswith("?")
    return off_topic or (message.intent.startswith(INTERRUPTING_INTENTS) and message.confidence >= min_confidence)


def _yes_no(kind: Kind, asked: Field, message: FormMessage) -> Filled:
    if message.intent == "affirm" and message.confidence >= MIN_CONFIDENCE:
        return Filled({asked.name: True})
    if message.intent == "deny":
        return Filled({asked.name: False}) if asked is CONSENT else Filled(problem="change_what")
    if _interrupts(message):
        return NO_ANSWER
    new_name = _parse(NAME, message) if message.intent == "inform" and NAME in FORMS[kind] else NO_ANSWER
    return new_name if new_name.values else Filled(problem=CONFIRMED.problem)


def _free_text(asked: Field, message: FormMessage) -> Filled:
    if asked is NAME:
        interrupts = not parsing.introduces_itself(message.text) and _interrupts(message, MIN_CONFIDENCE)
        return NO_ANSWER if interrupts else _parse(NAME, message)
    if asked is MOMENT and parsing.is_any_moment(message.text):
        return _parse(asked, message)
    if _interrupts(message, MIN_CONFIDENCE / 2):
        return NO_ANSWER
    question = parsing.is_question(message.text) and not parsing.reads_as_moment(message.text, message.context.now)
    if question and _interrupts(message):
        return NO_ANSWER
    if question or message.intent in ("affirm", "deny"):
        return Filled(problem=asked.problem)
    return _parse(asked, message)
