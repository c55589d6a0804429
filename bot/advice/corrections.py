"""Corrections: an owner rejects what the advisor understood, and says what it is instead."""

from __future__ import annotations

import msgspec

from bot.advice import causes, diagnosis, likelihood, signals, suggestions, symptom_diagnosis, symptoms
from bot.advice.answer import Section
from bot.advice.case import Advised, Case, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Symptom

MOST_WORDS_OF_NO = 3
"""Words up to which a no is only that."""

CORRECTED = 0.77
"""Probability of phase and symptom together from which a correction tells another problem."""

JUST_TOLD = 4
"""Things that were said since a problem was presented, up to which a correction rejects the problem itself."""


def is_correction(text: str, situation: Situation) -> bool:
    """Whether a message rejects what was said, with words of its own: "nee, geen personeel, we zoeken klanten"."""
    is_open = situation.case.open is not None and situation.case.open.kind == "question"
    says_no = not is_open and signals.has(text, "no", situation)  # else the no may answer the question
    rejects = says_no or signals.has(text, "correction", situation)
    return rejects and len(text.split()) > MOST_WORDS_OF_NO


def correct(said: Utterance, situation: Situation) -> Advised:
    """Accepts a correction: the problem that the message tells instead, else another cause, else what it may be.

    The rejected problem or cause is not said again.
    """
    case, current = situation.case, situation.symptom
    lead = Section(text=situation.say("corrected_lead"))
    if other := _told_instead(said, situation):
        without = situation.with_case(case.without_problem())
        return _with_lead(lead, symptom_diagnosis.present(other, said, without))
    if current and len(case.problems) > 1 and _was_just_told(current, case):
        earlier = case.without_problem()
        return _with_lead(lead, symptoms.return_to(earlier.problems[0], situation.with_case(earlier)))
    cause = _named(said, situation, current) if current else None
    if current and cause and not case.has_said("cause", f"{current.id}.{cause}"):
        return _with_lead(lead, causes.explain(current, cause, situation, "cause_likely"))
    if near := suggestions.offer(said, situation, "suggest_corrected"):
        return near
    if cause:
        return symptoms.continue_(situation.with_case(case.with_cause(cause)), lead)
    if current and case.cause:
        ruled_out = Ref("cause", f"{current.id}.{case.cause}")
        situation = situation.with_case(case.with_cause(None).after_saying(ruled_out))
    if current and not situation.case.has_said("question", current.id):
        return symptoms.ask_cause(current, situation, lead)
    if current and case.focus and case.focus.kind in ("cause", "question"):
        another = causes.another(current, situation)
        if another:
            return _with_lead(lead, another)
    if current and case.focus and case.focus.kind == "step":
        aside = situation.with_case(situation.case.without(case.focus))
        return symptoms.continue_(aside, lead)
    return symptoms.reject(situation, fallback=diagnosis.ask_other_phase(situation))


def _told_instead(said: Utterance, situation: Situation) -> Symptom | None:
    """The problem that a correction tells for sure, and does not deny: "nee, ik heb geen klachten" tells none."""
    known = situation.knowledge.symptoms
    found = {id_: p for id_, p in likelihood.absolute(said).items() if id_ in known and id_ != situation.case.symptom}
    best = max(found, key=lambda id_: found[id_], default=None)
    if best is None or found[best] < CORRECTED:
        return None
    return None if signals.denies(said.text, situation.text(known[best].name), situation) else known[best]


def _named(said: Utterance, situation: Situation, symptom: Symptom) -> str | None:
    """The cause that a correction names; the words of what is done already name none: "ze krijgen al een mail"."""
    is_done = signals.has(said.text, "done_already", situation)
    return None if is_done else causes.named(said.text, situation, symptom)


def _was_just_told(symptom: Symptom, case: Case) -> bool:
    """Whether a problem was presented in one of the last answers."""
    return Ref("symptom", symptom.id) in case.said[-JUST_TOLD:]


def _with_lead(lead: Section, told: Advised) -> Advised:
    return Advised(msgspec.structs.replace(told.answer, sections=(lead, *told.answer.sections)), told.case)
