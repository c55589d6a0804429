"""Custom actions in the server's own process, instead of a separate action server."""

from __future__ import annotations

import json
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection


class LocalActions(EndpointConfig):
    """Runs actions in this process instead of posting them to an action server.

    An action that rejects its execution is reported the way the action server does.
    """

    def __init__(self) -> None:
        super().__init__(url="local")
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, method: str = "post", **kwargs: Any) -> Any:
        """Runs the action that the call names."""
        # The tracker is made anew for every call; what its events hold is shared with Rasa, and no action changes it.
        try:
            return await self._executor.run(kwargs["json"])
        except ActionExecutionRejection as rejection:
            text = json.dumps({"error": rejection.message, "action_name": rejection.action_name})
            raise ClientResponseError(400, rejection.message, text) from rejection
