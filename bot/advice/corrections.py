"""Corrections: an owner rejects what the advisor understood, and says what it is instead."""

from __future__ import annotations

import msgspec

from bot.advice import causes, diagnosis, likelihood, signals, symptom_diagnosis, symptoms
from bot.advice.answer import Section
from bot.advice.case import Advised, Case, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Symptom

MOST_WORDS_OF_NO = 3
"""Words up to which a no is only that."""

CORRECTED_JOINT = 0.65
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
    others = [(symptom, p) for symptom, p in likelihood.joint(said, situation) if symptom is not current]
    if others and others[0][1] >= CORRECTED_JOINT and sum(said.phases.values()) >= symptom_diagnosis.MIN_MASS:
        without = situation.with_case(case.without_problem())
        told = symptom_diagnosis.present(others[0][0], said, without)
        return _with_lead(lead, told)
    if current and len(case.problems) > 1 and _was_just_told(current, case):
        earlier = case.without_problem()
        return _with_lead(lead, symptoms.return_to(earlier.problems[0], situation.with_case(earlier)))
    if current and (cause := causes.named(said.text, situation, current)):
        if not case.has_said("cause", f"{current.id}.{cause}"):
            return _with_lead(lead, causes.explain(current, cause, situation, "cause_likely"))
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


def _was_just_told(symptom: Symptom, case: Case) -> bool:
    """Whether a problem was presented in one of the last answers."""
    return Ref("symptom", symptom.id) in case.said[-JUST_TOLD:]


def _with_lead(lead: Section, told: Advised) -> Advised:
    return Advised(msgspec.structs.replace(told.answer, sections=(lead, *told.answer.sections)), told.case)
