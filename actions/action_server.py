"""Registers the actions with Rasa's action server, which looks for subclasses of Action (`rasa run actions`)."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action

from actions.table import SdkAction, sdk_actions
from bot.services import Services
from bot.settings import settings


def _action_class(name: str, action: SdkAction) -> type[Action]:
    def run(_: Action, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        return action(dispatcher, tracker, domain)

    return type(name, (Action,), {"name": lambda _: name, "run": run})


ACTIONS = sdk_actions(Services.create(settings()), with_text=True)
CLASSES = [_action_class(name, action) for name, action in ACTIONS.items()]
"""rasa_sdk finds subclasses by weak references; this keeps them."""
