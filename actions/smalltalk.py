"""Answers around the advice: greetings, yes and no, languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from actions.advice import about_named
from actions.diagnosis import ask_if_problem
from actions.turn import Turn
from bot.advice import (
    causes,
    consultation,
    diagnosis,
    language_choice,
    means,
    moves,
    phases,
    plan,
    questions,
    signals,
    symptoms,
)
from bot.advice import smalltalk as texts
from bot.advice.answer import Answer
from bot.advice.case import Advised
from bot.advice.situation import Situation
from bot.forms.parsing import is_question
from bot.nlu.scope import LIKELIER_THAN_NOT

FEW_WORDS = 5
"""Messages of at most this many words say little to the classifier, and a name in them much: "ik ben tandarts"."""

MOST_WORDS_OF_YES = 3
"""Words of a doubtful yes or no, beyond which it tells something."""

SURELY_OUTSIDE = 0.8
"""Probability of out_of_scope from which a statement about the present problem is none."""

ANSWERS: Mapping[str, Callable[[Situation], Answer]] = {
    "greet": texts.greet,
    "goodbye": texts.goodbye,
    "thank": texts.thank,
    "bot_challenge": texts.bot_challenge,
    "help": texts.help_,
    "request_human": texts.contact,
    "cancel": texts.nothing_to_cancel,
    "delete_my_data": texts.ask_erasure,
    "empty_message": texts.empty_message,
}


def smalltalk(turn: Turn) -> Answer | Advised:
    """The answer that belongs to the intent."""
    situation = turn.situation
    if turn.intent == "too_long":
        return texts.too_long(turn.situation, turn.services.settings.max_message_length)
    if turn.intent == "out_of_scope":
        symptom = consultation.symptom_of(turn.situation)
        if symptom and means.gives_means(turn.utterance, turn.situation):
            return means.first_steps(turn.utterance, turn.situation, symptom)
        if symptom and (told := moves.recognised(turn.utterance, turn.situation, symptom)):
            return told
        if symptom and turn.confidence < SURELY_OUTSIDE and not is_question(turn.text):
            return consultation.fact(turn.utterance, turn.situation)
        if symptom and turn.confidence < SURELY_OUTSIDE:
            return moves.no_own_answer(turn.utterance, situation, symptom)
        introduces = turn.value("trade") and situation.case.problem is None and not is_question(turn.text)
        if introduces:
            return consultation.fact(turn.utterance, turn.situation)
        is_doubtful = turn.confidence < LIKELIER_THAN_NOT or len(turn.text.split()) <= FEW_WORDS
        named = about_named(turn) if is_doubtful else None
        return named or ask_if_problem(turn) or texts.unknown(turn.situation)
    symptom = consultation.symptom_of(turn.situation)
    if symptom and turn.intent == "cancel" and len(turn.text.split()) > FEW_WORDS:
        return consultation.fact(turn.utterance, turn.situation)  # nothing to cancel in a long message
    is_unsure = turn.confidence < LIKELIER_THAN_NOT and not turn.is_button
    if symptom and is_unsure and (told := moves.recognised(turn.utterance, turn.situation, symptom)):
        return told
    if symptom and turn.intent == "help" and not turn.is_button and not moves.is_about_advisor(turn.text, situation):
        return moves.answer(replace(turn.utterance, intent="next_step"), turn.situation)
    if turn.intent == "greet" and situation.case.plan:
        return plan.ask_how_it_went(situation)
    if turn.intent == "delete_my_data" and symptom and not _names_data(turn):  # "mag ik die review verwijderen?"
        told = questions.answer(turn.utterance, situation, symptom)
        return told or moves.no_own_answer(turn.utterance, situation, symptom)
    answer = ANSWERS.get(turn.intent)
    return answer(turn.situation) if answer else texts.unknown(turn.situation)


def _names_data(turn: Turn) -> bool:
    """Whether a message says that it is about the conversation or personal data."""
    return turn.is_button or signals.has(turn.text, "own_data", turn.situation)


def affirm(turn: Turn) -> Answer | Advised:
    """To a yes: what follows from the last answer; after the diagnosis of a phase the channels; else what next."""
    situation = turn.situation
    if turn.tracker.get_slot("awaiting") == "erasure":
        return texts.erased(situation)
    symptom = consultation.symptom_of(situation)
    is_more = turn.confidence < LIKELIER_THAN_NOT and not turn.is_button and len(turn.text.split()) > MOST_WORDS_OF_YES
    if symptom and is_more:
        return consultation.fact(turn.utterance, situation)
    if symptom and situation.about != "request":
        return moves.affirm(situation, symptom)
    if turn.tracker.get_slot("awaiting") == "fit" and situation.phase:
        return phases.advise("channels", situation.phase, situation)
    return texts.affirm(situation)


def deny(turn: Turn) -> Answer | Advised:
    """To a no: after a diagnosis the other phases, after a cause or step another, after "anything else?" goodbye."""
    situation, symptom = turn.situation, consultation.symptom_of(turn.situation)
    if turn.tracker.get_slot("awaiting") == "erasure":
        return texts.kept(situation)
    is_longer = not turn.is_button and len(turn.text.split()) > MOST_WORDS_OF_YES
    rejects = signals.has(turn.text, "rejection", situation)
    is_answer = is_longer and not rejects and situation.case.open is not None
    if symptom and (is_answer or (is_longer and turn.confidence < LIKELIER_THAN_NOT)):
        return consultation.fact(turn.utterance, situation)
    if symptom and turn.tracker.get_slot("awaiting") == "fit":
        return symptoms.reject(situation, fallback=diagnosis.ask_other_phase(situation))
    if symptom is None and causes.is_unknown(turn.text, situation):
        return diagnosis.ask_phase(situation, lead="which_phase_again")
    leans_on_advice = turn.tracker.get_slot("awaiting") not in ("fit", "more") and situation.about != "request"
    if symptom and leans_on_advice and (told := moves.deny(situation, symptom)) is not None:
        return told
    if turn.tracker.get_slot("awaiting") == "fit":
        return diagnosis.ask_other_phase(turn.situation)
    if turn.tracker.get_slot("awaiting") == "more":
        return texts.goodbye(turn.situation)
    return texts.deny(turn.situation)


def switch_language(turn: Turn) -> Answer:
    """Continues in the language that is named."""
    wanted = language_choice.requested(turn.text, turn.situation.knowledge, turn.language)
    return texts.switched(turn.situation_in(wanted) if wanted else turn.situation, wanted)


def start_over(turn: Turn) -> Answer:
    """The opening question."""
    return texts.start_over(turn.situation)
