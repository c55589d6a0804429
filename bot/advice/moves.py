"""Answers to moves: what an owner says about the last answer instead of asking something new."""

from __future__ import annotations

from collections.abc import Mapping

from bot.advice import phases, replies, smalltalk
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation
from bot.knowledge import TOPICS, PhaseId

ACKNOWLEDGED = {
    "already_tried",
    "propose_cause",
    "state_constraint",
    "ask_verdict",
    "ask_cost",
    "other_option",
    "pick",
}
"""Moves that are acknowledged by a sentence of their own (phrases.yml: move_<intent>), with what can be asked next."""

TO_A_PERSON = {"complain_about_answer", "insult", "thank_ironic", "delete_my_data"}
"""Moves after which a person is offered first."""

ABOUT_PHASE = {"ask_why", "ask_simpler", "ask_shorter", "go_back"}
FIRST_STEPS = {"ask_how", "ask_plan"}
EXAMPLES = {"ask_example", "ask_text"}
"""Moves by the part of the phase's advice that answers them."""

MAX_BUTTONS = 4

MOVES = ACKNOWLEDGED | TO_A_PERSON | ABOUT_PHASE | FIRST_STEPS | EXAMPLES | {"tell_more", "next_step"}


def without_moves(ranking: Mapping[str, float]) -> dict[str, float]:
    """The probabilities of the other intents, for a message without an answer before it that it could lean on.

    >>> {intent: round(p, 2) for intent, p in without_moves({"ask_how": 0.6, "struggle_do": 0.3, "greet": 0.1}).items()}
    {'struggle_do': 0.75, 'greet': 0.25}
    """
    others = {intent: probability for intent, probability in ranking.items() if intent not in MOVES}
    total = sum(others.values())
    return {intent: probability / total for intent, probability in others.items()} if total else {}


def answer(move: str, situation: Situation) -> Answer:
    """The answer to a move; without a phase, which it would lean on, a question about the problem."""
    phase = situation.phase
    if move in TO_A_PERSON:
        return _acknowledge(move, situation, replies.human(situation), *_next(situation))
    if phase is None:
        return smalltalk.not_understood(situation)
    if move in ABOUT_PHASE:
        return phases.overview(phase, situation)
    if move in FIRST_STEPS:
        return phases.first_steps(phase, situation)
    if move in EXAMPLES:
        return phases.advise("message", phase, situation)
    if move in ACKNOWLEDGED:
        return _acknowledge(move, situation, *_next(situation))
    return _continue(phase, situation)


def _continue(phase: PhaseId, situation: Situation) -> Answer:
    """The topic after the last one."""
    topic = situation.topic
    after: Mapping[str | None, int] = {None: 0, **{name: n + 1 for n, name in enumerate(TOPICS)}}
    position = after[topic]
    return phases.advise(TOPICS[position], phase, situation) if position < len(TOPICS) else smalltalk.affirm(situation)


def _next(situation: Situation) -> tuple[QuickReply, ...]:
    if situation.phase is None:
        return (replies.my_problem(situation),)
    return (replies.first_steps(situation, situation.phase), *replies.other_topics(situation, situation.phase))


def _acknowledge(move: str, situation: Situation, *buttons: QuickReply) -> Answer:
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.say(f"move_{move}")),),
        replies=buttons[:MAX_BUTTONS],
        phase=situation.phase,
    )
