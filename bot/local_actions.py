"""Custom actions in the server's own process, instead of a separate action server."""

from __future__ import annotations

import json
from typing import Any

import msgspec
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
        given = kwargs["json"]
        # A copy by way of JSON: actions may change what they get, and get the types that a server would. But for the
        # domain, which is large and which none of ours changes.
        call = {**given, "tracker": msgspec.json.decode(msgspec.json.encode(given["tracker"]))}
        try:
            return await self._executor.run(call)
        except ActionExecutionRejection as rejection:
            text = json.dumps({"error": rejection.message, "action_name": rejection.action_name})
            raise ClientResponseError(400, rejection.message, text) from rejection
