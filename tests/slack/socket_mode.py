"""Slack's end of Socket Mode: a websocket that brings envelopes to the app and takes their acknowledgements."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import NamedTuple

from aiohttp import WSMsgType, web

from tests.slack.workspace import APP, Json
from tests.support.waiting import wait_until


class Ack(NamedTuple):
    """How an envelope was acknowledged: with what payload, and after how many seconds."""

    payload: Json | None
    seconds: float


@dataclass
class Envelope:
    """Something that was sent over the socket."""

    body: Json
    sent: float
    ack: Ack | None = None


class SocketMode:
    """The websockets of an app. Of several, the newest gets the envelopes (the real one picks any)."""

    def __init__(self) -> None:
        self.envelopes: dict[str, Envelope] = {}
        self.sockets_opened = 0
        self._tickets: set[str] = set()
        self._sockets: list[tuple[web.Request, web.WebSocketResponse]] = []

    def new_ticket(self) -> str:
        """A ticket that opens one websocket."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """Serves one websocket from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = {"type": "hello", "num_connections": len(self._sockets) + 1, "connection_info": {"app_id": APP}}
        await socket.send_json({**hello, "debug_info": {"approximate_connection_time": 18060}})
        connection = (request, socket)
        self._sockets.append(connection)
        self.sockets_opened += 1
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    body = json.loads(message.data)
                    envelope = self.envelopes[body["envelope_id"]]
                    envelope.ack = Ack(body.get("payload"), time.monotonic() - envelope.sent)
        finally:
            if connection in self._sockets:
                self._sockets.remove(connection)
        return socket

    async def socket_connected(self, timeout: float = 5) -> None:
        """Waits until the app is connected and was greeted."""
        await wait_until(lambda: self._sockets, timeout, lambda: "no websocket")

    async def socket_opened_after(self, count: int, timeout: float) -> None:
        """Waits until the app has opened more than `count` websockets."""
        await wait_until(lambda: self.sockets_opened > count, timeout, lambda: "no new websocket")

    async def send_envelope(self, type: str, payload: Json, retry_attempt: int, retry_reason: str) -> str:
        """Sends "events_api", "interactive" or "slash_commands" to the app, and returns the envelope's id."""
        envelope_id = str(uuid.uuid4())
        body: Json = {"envelope_id": envelope_id, "payload": payload, "type": type}
        body["accepts_response_payload"] = type == "slash_commands" or payload.get("type") == "view_submission"
        if type == "events_api":
            body.update(retry_attempt=retry_attempt, retry_reason=retry_reason)
        self.envelopes[envelope_id] = Envelope(body, time.monotonic())
        await self._sockets[-1][1].send_json(body)
        return envelope_id

    async def acked(self, envelope_id: str, timeout: float = 3) -> Ack:
        """Waits for the acknowledgement of an envelope; Slack itself waits for three seconds."""
        envelope = self.envelopes[envelope_id]
        await wait_until(lambda: envelope.ack, timeout, lambda: f"not acknowledged: {envelope.body}")
        assert envelope.ack is not None
        return envelope.ack

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tells the app to connect again; cuts nothing."""
        for _, socket in self._sockets:
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    def drop_socket(self) -> None:
        """Cuts all websockets without a word."""
        for request, _ in self._sockets:
            if request.transport is not None:
                request.transport.abort()
        self._sockets.clear()
