"""Monkeypatches of Rasa 3.6.21 where it has no extension point. Applied by `klantkompas serve` and `chat` only.

What each saves was measured (docs/decisions/0006-adaptations-of-rasa.md).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import jsonschema_rs
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event

RASA = "3.6.21"
"""The version whose source these patches were written against."""


def apply() -> None:
    """Applies all patches. Idempotent.

    Raises:
        RuntimeError: Another version of Rasa is installed.
    """
    if version("rasa") != RASA:
        raise RuntimeError(f"the patches are for Rasa {RASA}, not {version('rasa')}: check each against its source")
    RemoteAction._validate_action_result = validate_action_result
    if not hasattr(Event.resolve_by_type, "cache_info"):  # Rasa searches all subclasses of Event, for every event
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=128)(Event.resolve_by_type))


def validate_action_result(_: RemoteAction, result: dict[str, Any]) -> bool:
    """Validates an action's result with a compiled JSON schema.

    Rasa's own check first checks the schema itself, at every action: half of the time of a turn (Rasa issue 11717).

    Raises:
        jsonschema.ValidationError: The format is wrong. Its message does not contain the visitor's text.
    """
    for error in _result_validator().iter_errors(result):
        path = "/".join(map(str, error.instance_path))
        raise ValidationError(f"an action's result has a wrong format at {path or 'the top'}")
    return True


@lru_cache(maxsize=1)
def _result_validator() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(RemoteAction.action_response_format_spec())
