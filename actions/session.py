"""The start of a session, a documented extension point of Rasa."""

from __future__ import annotations

from rasa_sdk.events import ActionExecuted, SessionStarted, SlotSet

from actions.turn import Result, Turn


async def start(turn: Turn) -> Result:
    """Carries over the present slot values.

    Rasa's own action repeats every value that a slot ever had, with a new timestamp: personal data would outlive the
    retention period.
    """
    slots = (SlotSet(name, value) for name, value in turn.tracker.slots.items() if value is not None)
    return Result((), (SessionStarted(), *slots, ActionExecuted("action_listen")))
