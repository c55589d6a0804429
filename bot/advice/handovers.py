"""What a visitor is told while a person is asked for or has the conversation, and what the team sees of the case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec.structs import replace

from bot.advice import facts, replies
from bot.advice.answer import FROM_TEAM, JOINED, LEFT, Answer, Section
from bot.advice.case import Ref
from bot.advice.situation import Situation
from bot.advice.smalltalk import agency_name, contact
from bot.knowledge import Language

Known = Literal["trade", "phase", "symptom", "cause", "facts", "advised", "tried"]
"""What the team sees of a case; the label of each is `case_<name>` in slack.yml."""


def asked(situation: Situation, minutes: float, *, again: bool) -> Answer:
    """Says that the team was asked; `again` if it was asked before and nobody has come yet."""
    key = "handover_asked_again" if again else "handover_asked"
    one = minutes <= 1
    within = situation.say("handover_minute") if one else situation.say("handover_minutes", minutes=f"{minutes:g}")
    text = situation.say(key, agency=agency_name(situation), within=within)
    return Answer(situation.language, (Section(text=text),), phase=situation.phase, about="contact")


def nobody(situation: Situation) -> Answer:
    """Says that nobody has time now, with the other ways to reach the team."""
    ways = contact(situation)
    return replace(ways, sections=(Section(text=situation.say("handover_nobody")), *ways.sections))


def joined(person: str, situation: Situation) -> Answer:
    """Says that a person has the conversation from here."""
    return _notice("handover_joined", JOINED, person, situation)


def left(person: str, situation: Situation, *, idle: bool) -> Answer:
    """Says that the advisor answers again; `idle` if the conversation had fallen silent."""
    notice = _notice("handover_idle" if idle else "handover_left", LEFT, person, situation)
    return replace(notice, person=None, replies=(*replies.next_moves(situation),))


def from_team(person: str, text: str, language: Language) -> Answer:
    """What a person writes, as Markdown without markup of its own; without text it was deleted."""
    return Answer(language, (Section(text=text),) if text else (), about=FROM_TEAM, person=person)


def known(situation: Situation) -> list[tuple[Known, str]]:
    """What is known of the visitor's case, in the language of the situation; only what is known."""
    case, knowledge, language = situation.case, situation.knowledge, situation.language
    symptom = situation.symptom
    cause = symptom.causes.get(case.cause or "") if symptom else None
    phase = knowledge.phases[situation.phase] if situation.phase else None
    told = [facts.name_of(fact, situation) for fact in case.facts if fact.role in knowledge.figures]
    found: list[tuple[Known, str]] = [
        ("trade", situation.trade.name.localized(language) if situation.trade else ""),
        ("phase", situation.phase_title(phase) if phase else ""),
        ("symptom", situation.text(symptom.name) if symptom else ""),
        ("cause", situation.text(cause.name) if cause else ""),
        ("facts", ", ".join(told)),
        ("advised", "; ".join(_steps(case.said, situation))),
        ("tried", "; ".join(_steps(case.tried, situation))),
    ]
    return [(name, value) for name, value in found if value]


def _steps(refs: Iterable[Ref], situation: Situation) -> list[str]:
    steps = situation.knowledge.steps
    return [situation.text(steps[ref.id].name) for ref in refs if ref.kind == "step" and ref.id in steps]


def _notice(key: str, about: str, person: str, situation: Situation) -> Answer:
    text = situation.say(key, person=person, agency=agency_name(situation))
    return Answer(situation.language, (Section(text=text),), about=about, person=person)
