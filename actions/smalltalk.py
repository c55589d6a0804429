"""Answers around the advice: greetings, yes and no, languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from actions.advice import about_named
from actions.diagnosis import ask_if_problem
from actions.turn import Turn
from bot.advice import diagnosis, language_choice, phases
from bot.advice import smalltalk as texts
from bot.advice.answer import Answer
from bot.advice.situation import Situation
from bot.nlu.scope import LIKELIER_THAN_NOT

FEW_WORDS = 5
"""Messages of at most this many words say little to the classifier, and a name in them much: "ik ben tandarts"."""

ANSWERS: Mapping[str, Callable[[Situation], Answer]] = {
    "greet": texts.greet,
    "goodbye": texts.goodbye,
    "thank": texts.thank,
    "bot_challenge": texts.bot_challenge,
    "help": texts.help_,
    "request_human": texts.contact,
    "cancel": texts.nothing_to_cancel,
    "empty_message": texts.empty_message,
}


def smalltalk(turn: Turn) -> Answer:
    """The answer that belongs to the intent."""
    if turn.intent == "too_long":
        return texts.too_long(turn.situation, turn.services.settings.max_message_length)
    if turn.intent == "out_of_scope":
        is_doubtful = turn.confidence < LIKELIER_THAN_NOT or len(turn.text.split()) <= FEW_WORDS
        named = about_named(turn) if is_doubtful else None
        return named or ask_if_problem(turn) or texts.unknown(turn.situation)
    return ANSWERS.get(turn.intent, texts.unknown)(turn.situation)


def affirm(turn: Turn) -> Answer:
    """To a yes: after a diagnosis, which gave the first steps, the channels; else what next."""
    situation = turn.situation
    if turn.tracker.get_slot("awaiting") == "fit" and situation.phase:
        return phases.advise("channels", situation.phase, situation)
    return texts.affirm(situation)


def deny(turn: Turn) -> Answer:
    """To a no: after a diagnosis the other phases, after "anything else?" goodbye."""
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
