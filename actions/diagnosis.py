"""Answers that diagnose the phase of a problem."""

from __future__ import annotations

from actions.advice import about_named
from actions.turn import Turn
from bot.advice import diagnosis, smalltalk
from bot.advice.answer import Answer
from bot.knowledge import PHASES


def diagnose(turn: Turn) -> Answer:
    """The diagnosis of a problem, or one question that separates the likely phases."""
    found = diagnosis.diagnose(
        turn.ranking or {turn.intent: 1.0},
        turn.cues,
        turn.situation,
        attribution=turn.attribution,
        certain=turn.is_button and turn.intent != "struggle_unclear",
    )
    if found.kind != "clear" and len(turn.counts) > 1:
        return diagnosis.diagnose_funnel(turn.counts, turn.situation)
    if found.kind == "unknown":  # the intent says that it is a problem, but not in which phase
        return diagnosis.ask_phase(turn.situation)
    return diagnosis.describe(found, turn.situation, turn.counts)


def fallback(turn: Turn) -> Answer:
    """For messages without a likely intent: ask about the phase, explain something named, else "I don't know"."""
    return ask_if_problem(turn) or about_named(turn) or smalltalk.not_understood(turn.situation)


def note_details(turn: Turn) -> Answer:
    """For details without a question: the sum of figures, the usual bottleneck of a business, else a question."""
    if len(turn.counts) > 1:
        return diagnosis.diagnose_funnel(turn.counts, turn.situation)
    business = turn.value("business_type")
    return diagnosis.bottleneck(business, turn.situation) if business else diagnosis.ask_phase(turn.situation)


def ask_if_problem(turn: Turn) -> Answer | None:
    """A question about the phase, if the message may describe a problem although another intent won."""
    found = diagnosis.diagnose(turn.ranking, turn.cues, turn.situation)
    if found.kind == "unknown":
        return None
    return diagnosis.ask_phase(turn.situation, found.phases if len(found.phases) > 1 else PHASES)
