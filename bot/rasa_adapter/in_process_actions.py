"""Runs custom actions in the server's own process instead of in an action server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection


class InProcessActions(EndpointConfig):
    """An action endpoint that calls the actions directly instead of posting to a URL."""

    def __init__(self, actions: Mapping[str, Callable[..., Any]]) -> None:
        """Takes the actions by name."""
        super().__init__(url="in process")
        self._executor = ActionExecutor()
        for name, action in actions.items():
            self._executor.register_function(name, action)

    async def request(self, method: str = "post", **kwargs: Any) -> Any:
        """Runs the action that an action server would be asked to run.

        Raises:
            ClientResponseError: The action rejected its execution; an action server answers 400 then.
        """
        # Events share their contents with Rasa's tracker; no action changes them.
        try:
            return await self._executor.run(kwargs["json"])
        except ActionExecutionRejection as rejection:
            text = json.dumps({"error": rejection.message, "action_name": rejection.action_name})
            raise ClientResponseError(400, rejection.message, text) from rejection
