"""What is said around a visitor's request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section, UserText
from bot.advice.situation import Situation
from bot.advice.smalltalk import agency_name
from bot.forms.dialogue import FIELDS, Kind
from bot.forms.working_days import in_words


def ask(field: str, situation: Situation, *, form: Kind, again: bool) -> Answer:
    """The question for a field of a form; `again`: after a question in between."""
    agency = situation.knowledge.agency
    question = situation.say(
        f"ask_{field}",
        privacy=agency.privacy.in_(situation.language),
        hours=agency.opening_hours.in_(situation.language),
    )
    back = (Section(text=situation.say("ask_again")),) if again else ()
    buttons = (
        (
            QuickReply(situation.say("button_consent_yes"), "affirm"),
            QuickReply(situation.say("button_consent_no"), "deny"),
        )
        if field == "consent"
        else ()
    )
    return Answer(language=situation.language, sections=(*back, Section(text=question)), replies=buttons, form=form)


def problem(key: str, situation: Situation) -> Answer:
    """What is wrong with an answer, and how to leave."""
    text = situation.say(key)
    if key.startswith(("invalid", "past")):
        text += " " + situation.say("how_to_stop")
    return Answer(language=situation.language, sections=(Section(text=text),))


def summary(kind: Kind, fields: Mapping[str, str], situation: Situation) -> Answer:
    """What will be sent, to be confirmed. The values are the visitor's own."""
    sections = tuple(
        Section(situation.say(f"label_{name}"), value=UserText(str(fields[name])))
        for name in FIELDS[kind]
        if name not in ("consent", "confirmed")
    )
    if "consent" not in FIELDS[kind]:  # confirming is consenting, so say to what
        sections += (Section(text=situation.knowledge.agency.privacy.in_(situation.language)),)
    return Answer(
        language=situation.language,
        title=situation.say("confirm_title"),
        sections=sections,
        replies=(
            QuickReply(situation.say("button_yes_send"), "affirm"),
            QuickReply(situation.say("button_no_change"), "deny"),
        ),
    )


def stored(kind: Kind, number: int, due: date, situation: Situation, *, new: bool) -> Answer:
    """The request is on disk: its number, and by when something happens."""
    text = situation.say(
        f"stored_{kind}" if new else "already_stored",
        number=number,
        date=in_words(due, situation.language),
        days=situation.knowledge.agency.competitor_check_working_days,
        agency=agency_name(situation),
    )
    return Answer(language=situation.language, sections=(Section(text=text),), phase=situation.phase, about="request")


def store_failed(kind: Kind, situation: Situation) -> Answer:
    """The database failed: said plainly, with a button that goes on where it stopped."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say("store_failed")),),
        replies=(QuickReply(situation.say("button_try_again"), f"request_{kind}"), replies.human(situation)),
        phase=situation.phase,
    )


def not_stored(key: str, situation: Situation) -> Answer:
    """No consent, or left: said plainly."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(key)),),
        replies=(QuickReply(situation.say("button_my_problem"), "struggle_unclear"), replies.human(situation)),
        phase=situation.phase,
    )
