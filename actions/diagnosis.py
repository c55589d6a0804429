"""Actions that find the phase that hurts."""

from __future__ import annotations

from actions.advice import named_in
from actions.turn import AnswerAction, Turn
from bot.advice import diagnosis, smalltalk
from bot.advice.answer import Answer
from bot.knowledge import PHASES


class Diagnose(AnswerAction):
    """An owner described a problem."""

    action_name = "action_diagnose"

    def answer(self, turn: Turn) -> Answer:
        """The diagnosis, or one question that separates the likely phases."""
        ranking = turn.ranking or {turn.intent: 1.0}
        found = diagnosis.diagnose(
            ranking,
            turn.cues,
            turn.situation,
            evidence=turn.evidence,
            certain=turn.pressed_button and turn.intent != "struggle_unclear",
        )
        if found.kind != "clear" and len(turn.counts) > 1:
            return diagnosis.figures(turn.counts, turn.situation)
        if found.kind == "unknown":  # the intent is a struggle, so it is one: only which is open
            return diagnosis.which_phase(turn.situation)
        return diagnosis.describe(found, turn.situation, turn.counts)


def perhaps_a_problem(turn: Turn) -> Answer | None:
    """A separating question if the message may well describe a problem, although no intent or another one won."""
    found = diagnosis.diagnose(turn.ranking, turn.cues, turn.situation)
    if found.kind == "unknown":
        return None
    return diagnosis.which_phase(turn.situation, found.phases if len(found.phases) > 1 else PHASES)


class Fallback(AnswerAction):
    """No intent was likely enough."""

    action_name = "action_fallback"

    def answer(self, turn: Turn) -> Answer:
        """A separating question if it is a struggle after all, what we know of something named, else "I don't know"."""
        return perhaps_a_problem(turn) or named_in(turn) or smalltalk.not_understood(turn.situation)


class NoteDetails(AnswerAction):
    """ "Ik heb een bakkerij", or plain figures: details without a question."""

    action_name = "action_note_details"

    def answer(self, turn: Turn) -> Answer:
        """The sum for figures, the usual bottleneck for a kind of business, else a question."""
        if len(turn.counts) > 1:
            return diagnosis.figures(turn.counts, turn.situation)
        business = turn.value("business_type")
        return diagnosis.bottleneck(business, turn.situation) if business else diagnosis.which_phase(turn.situation)
