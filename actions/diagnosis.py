"""Answers that diagnose the phase of a problem."""

from __future__ import annotations

from actions.advice import about_named
from actions.turn import Turn
from bot.advice import consultation, diagnosis, moves, smalltalk, symptom_diagnosis
from bot.advice.answer import Answer
from bot.advice.case import Advised
from bot.forms.parsing import is_question
from bot.knowledge import PHASES


def diagnose(turn: Turn) -> Answer | Advised:
    """The diagnosis of a problem, one question that separates the likely ones, or more about the present one."""
    certain = turn.is_button and turn.intent != "struggle_unclear"
    found = diagnosis.diagnose(
        turn.ranking or {turn.intent: 1.0},
        turn.cues,
        turn.situation,
        attribution=turn.attribution,
        certain=certain,
    )
    cues = turn.situation.knowledge.cues
    telling = any(cues[found_cue.cue].telling for found_cue in turn.cues)
    return consultation.hear(found, turn.utterance, turn.situation, telling=telling, certain=certain or turn.is_button)


def fallback(turn: Turn) -> Answer | Advised:
    """For messages without a likely intent: ask about the phase, explain something named, else "I don't know"."""
    situation, symptom = turn.situation, consultation.symptom_of(turn.situation)
    if symptom and (told := moves.recognised(turn.utterance, situation, symptom)):
        return told
    begins_another = symptom and consultation.begins_another(turn.utterance, situation)
    if begins_another and (told := symptom_diagnosis.by_symptom(turn.utterance, situation)):
        return told
    if not is_question(turn.text) and (symptom or (situation.phase is None and not situation.case.misses)):
        return consultation.fact(turn.utterance, situation)
    if symptom and not (turn.value("channel") or turn.value("metric") or turn.value("faq")):
        return moves.no_own_answer(turn.utterance, situation, symptom)
    asked = None if symptom else ask_if_problem(turn)
    return asked or about_named(turn) or smalltalk.not_understood(situation)


def note_details(turn: Turn) -> Answer | Advised:
    """For details without a question: what they mean for the present problem, else a question about the problem."""
    return consultation.fact(turn.utterance, turn.situation)


def ask_if_problem(turn: Turn) -> Answer | None:
    """A question about the phase, if the message may describe a problem although another intent won."""
    found = diagnosis.diagnose(turn.ranking, turn.cues, turn.situation)
    if found.kind == "unknown":
        return None
    return diagnosis.ask_phase(turn.situation, found.phases if len(found.phases) > 1 else PHASES)
