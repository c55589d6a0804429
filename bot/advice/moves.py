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
    "complain_about_answer",
}
"""Moves that are acknowledged by a sentence of their own (phrases.yml: move_<intent>), with what can be asked next."""

TO_A_PERSON = {"complain_about_answer", "insult", "thank_ironic", "delete_my_data"}
"""Moves after which a person is offered first."""

ABOUT_PHASE = {"ask_why", "ask_simpler", "ask_shorter", "go_back"}
FIRST_STEPS = {"ask_how", "ask_plan"}
EXAMPLES = {"ask_example", "ask_text"}
"""Moves by the part of the phase's advice that answers them."""

MOVES = ACKNOWLEDGED | TO_A_PERSON | ABOUT_PHASE | FIRST_STEPS | EXAMPLES | {"tell_more", "next_step"}


def answer(move: str, situation: Situation) -> Answer:
    """The answer to a move; without a phase, which it would lean on, a question about the problem.

    >>> from bot.advice import moves
    >>> "insult" in moves.MOVES
    True
    """
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
        replies=buttons[:4],
        phase=situation.phase,
    )
