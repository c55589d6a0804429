"""The answers of the request forms: questions, problems, the summary, and the confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from bot.advice import replies
from bot.advice.answer import Answer, Asked, QuickReply, Receipt, Section, UserText
from bot.advice.situation import Situation
from bot.advice.smalltalk import agency_name
from bot.forms import parsing
from bot.forms.fields import CONSENT, FORMS, MOMENT, Field, Kind
from bot.forms.request import working_days_to_answer
from bot.forms.working_days import format_day, is_working_day


def ask(field: Field, situation: Situation, *, form: Kind, again: bool) -> Answer:
    """The question for a field of a form; `again` for the second time, after a question in between."""
    agency = situation.knowledge.agency
    question = situation.say(
        field.question,
        privacy=agency.privacy.localized(situation.language),
        hours=agency.opening_hours.localized(situation.language),
    )
    back = (Section(text=situation.say("ask_again")),) if again else ()
    buttons = (
        (
            QuickReply(situation.say("button_consent_yes"), "affirm"),
            QuickReply(situation.say("button_consent_no"), "deny"),
        )
        if field is CONSENT
        else ()
    )
    return Answer(
        language=situation.language,
        sections=(*back, Section(text=question)),
        replies=buttons,
        form=form,
        asked=Asked(form, field.name),
    )


def problem(key: str, situation: Situation, asked: Asked | None = None) -> Answer:
    """What is wrong with the visitor's answer to a form, and how to leave the form."""
    text = situation.say(key)
    if key.startswith(("invalid", "past")):
        text += " " + situation.say("how_to_stop")
    return Answer(language=situation.language, sections=(Section(text=text),), asked=asked)


def summary(kind: Kind, values: Mapping[str, str], situation: Situation, now: datetime) -> Answer:
    """A summary of the values that will be sent, for the visitor to confirm; says if a moment is outside hours."""
    sections = tuple(
        Section(situation.say(field.label), value=UserText(str(values[field.name])))
        for field in FORMS[kind]
        if field.is_text
    )
    if CONSENT not in FORMS[kind]:  # confirming is consenting, so say to what
        sections += (Section(text=situation.knowledge.agency.privacy.localized(situation.language)),)
    if MOMENT in FORMS[kind] and _is_closed(str(values[MOMENT.name]), situation, now):
        hours = situation.knowledge.agency.opening_hours.localized(situation.language)
        sections += (Section(text=situation.say("outside_hours", hours=hours)),)
    return Answer(
        language=situation.language,
        title=situation.say("confirm_title"),
        sections=sections,
        replies=(
            QuickReply(situation.say("button_yes_send"), "affirm"),
            QuickReply(situation.say("button_no_change"), "deny"),
        ),
    )


def _is_closed(moment: str, situation: Situation, now: datetime) -> bool:
    """Whether the agency is closed at a moment, as far as it names a day or an hour."""
    agency = situation.knowledge.agency
    day, hour = parsing.day_of(moment, now), parsing.hour_of(moment)
    if day and not is_working_day(day, agency.country):
        return True
    return hour is not None and not agency.opens <= hour < agency.closes


def stored(kind: Kind, number: int, due: date, situation: Situation, *, new: bool) -> Answer:
    """The confirmation of a stored request: its number and due date; `new` is False for a duplicate."""
    values = {
        "number": number,
        "date": format_day(due, situation.language),
        "days": working_days_to_answer(kind, situation.knowledge.agency),
        "agency": agency_name(situation),
    }
    happens = tuple(situation.say(f"next_{kind}_{n}", **values) for n in (1, 2))
    offers = (*replies.next_moves(situation), *replies.requests(situation, situation.phase))
    buttons = {r.intent: r for r in offers if r.intent != f"request_{kind}"}
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(f"stored_{kind}" if new else "already_stored", **values)),),
        replies=tuple(buttons.values()),
        phase=situation.phase,
        about="request",
        request=kind if new else None,
        receipt=Receipt(situation.say("receipt_title"), str(number), happens) if new else None,
    )


def store_failed(kind: Kind, situation: Situation) -> Answer:
    """The error message after the database failed, with a button to try again."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("store_failed")),),
        replies=(QuickReply(situation.say("button_try_again"), f"request_{kind}"), replies.human(situation)),
        phase=situation.phase,
    )


def not_stored(key: str, situation: Situation) -> Answer:
    """The message that nothing was sent, for lack of consent or because the visitor left the form."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(key)),),
        replies=(replies.my_problem(situation), replies.human(situation)),
        phase=situation.phase,
    )
