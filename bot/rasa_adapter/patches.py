"""Where Rasa does anew at every turn what need be done once: a tenth of a turn together, and more with its own check.

And where a new session repeats what slots held before.

Rasa leaves no other way in than to put ours in the place of its own. Importing this module does so.
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
from jsonschema import ValidationError
from rasa.core import processor
from rasa.core.actions.action import ActionSessionStart, RemoteAction
from rasa.core.policies import rule_policy
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker


@lru_cache(maxsize=1)
def _format_of_results() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(RemoteAction.action_response_format_spec())


def _check_result(_: RemoteAction, result: dict[str, Any]) -> bool:
    """Whether an action's result has the format that Rasa wants. Raises jsonschema.ValidationError.

    Rasa's own check says the same, but first checks the format's own description, anew for every action: that was
    half of the time of a turn (Rasa's issue 11717).
    """
    for error in _format_of_results().iter_errors(result):
        where = "/".join(map(str, error.instance_path))
        # Not the error itself, which prints all of the result, and so what the visitor said.
        raise ValidationError(f"an action's result has a wrong format at {where or 'the top'}")
    return True


def _no_check(_: MessageProcessor, __: dict[str, Any]) -> None:
    """Rasa warns of intents that the domain lacks, and makes an empty domain for that at every message.

    Ours come from one training, which knows both.
    """


def _copy(self: DialogueStateTracker) -> DialogueStateTracker:
    """A conversation in the same state. Rasa's own way there is to begin anew and go through all events."""
    made = copy(self)
    made.events = copy(self.events)
    made.slots = {name: copy(slot) for name, slot in self.slots.items()}
    made.active_loop = copy(self.active_loop)  # the other parts of a state are not changed but replaced
    return made


def _copy_slot(self: Slot) -> Slot:
    """What `copy.copy` gives, in less than half of the time. All slots are copied several times a turn."""
    made = object.__new__(type(self))
    made.__dict__.update(self.__dict__)
    return made


def _present_values(tracker: DialogueStateTracker) -> list[SlotSet]:
    """What a new session takes over: the values that slots have.

    Rasa takes over every value that they had, with today's date: what a visitor filled in would outlive its time.
    """
    held = (slot for slot in tracker.slots.values() if slot.value != slot.initial_value)
    return [SlotSet(slot.name, slot.value) for slot in held]


RemoteAction._validate_action_result = _check_result
ActionSessionStart._slot_set_events_from_tracker = staticmethod(_present_values)
MessageProcessor._check_for_unseen_features = _no_check
DialogueStateTracker.copy = _copy
Slot.__copy__ = _copy_slot
# These two copy for nothing but their debug lines, which we don't write: all events, and all that an action said.
processor.copy = rule_policy.copy = SimpleNamespace(deepcopy=lambda what: what)
# Else it looks through all classes of events that there are, for every event.
Event.resolve_by_type = staticmethod(lru_cache(maxsize=128)(Event.resolve_by_type))
