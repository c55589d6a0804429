"""A Slack on loopback for tests: its Web API, its response_urls and its Socket Mode, and what users do in it.

It has what the advisor uses, is strict where the real one is, and fails in the same ways when a test asks for it.

    async with FakeSlack() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        ...
        await slack.wait_for("chat.postMessage")
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from aiohttp import web

from tests.slack.payloads import UserActions, envelope_type
from tests.slack.socket_mode import SocketMode
from tests.slack.web_api import SCOPES, WebApi, decode
from tests.slack.workspace import APP, Json, SlackError, Workspace
from tests.support.waiting import wait_until

RESPONSE_URL = "response_url"


@dataclass
class Call:
    """A call that arrived. `status` and `answer` are None if it got no answer, or not yet."""

    method: str
    arguments: Json
    token: str | None
    time: float = field(default_factory=time.time)
    status: int | None = None
    answer: Json | None = None

    @property
    def ok(self) -> bool:
        """Whether it was answered with `ok: true`."""
        return bool(self.answer and self.answer.get("ok"))

    def __str__(self) -> str:
        outcome = "ok" if self.ok else (self.answer or {}).get("error", "no answer")
        return f"{self.method} {json.dumps(self.arguments, ensure_ascii=False)[:300]} -> {self.status} {outcome}"


@dataclass
class Fault:
    """What goes wrong with the next `times` calls of a method."""

    method: str
    times: int = 1
    status: int = 200
    error: str = ""
    retry_after: int = 0
    delay: float = 0
    is_cut_before: bool = False
    """The connection is closed before anything is done, or ..."""
    is_cut_after: bool = False
    """... afterwards, without a response."""


class Faults:
    """Faults that a test turns on; each call takes at most one, the oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def rate_limit(self, method: str, times: int = 1, retry_after: int = 1) -> None:
        """Answers 429 with a Retry-After header."""
        self._faults.append(Fault(method, times, 429, "ratelimited", retry_after))

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """Answers 200 with `ok: false` and this error, for instance "internal_error"."""
        self._faults.append(Fault(method, times, error=error))

    def server_error(self, method: str, times: int = 1) -> None:
        """Answers 503 with an HTML page, as an outage of Slack does."""
        self._faults.append(Fault(method, times, 503))

    def break_connection(self, method: str, times: int = 1, after_work: bool = False) -> None:
        """Closes the connection without a response; with `after_work` only the response is lost."""
        self._faults.append(Fault(method, times, is_cut_before=not after_work, is_cut_after=after_work))

    def slow(self, method: str, seconds: float, times: int = 1) -> None:
        """Answers as usual, but later."""
        self._faults.append(Fault(method, times, delay=seconds))

    def heal(self) -> None:
        """Turns off all faults."""
        self._faults.clear()

    def take_fault(self, method: str) -> Fault:
        """The fault for this call, which is then used once."""
        for fault in self._faults:
            if fault.method == method and fault.times > 0:
                fault.times -= 1
                return fault
        return Fault(method)


class FakeSlack(UserActions, SocketMode, Faults):
    """A Slack workspace with one installed app. `scopes` are those of its bot token."""

    def __init__(self, scopes: Iterable[str] = SCOPES.values()) -> None:
        UserActions.__init__(self, Workspace(), signing_secret="signing-secret")
        SocketMode.__init__(self)
        Faults.__init__(self)
        self.bot_token, self.app_token = "xoxb-fake", "xapp-fake"
        self.calls: list[Call] = []
        self.base_url = ""
        self._api = WebApi(self.workspace, frozenset(scopes))
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._reserved: socket.socket | None = None

    async def __aenter__(self) -> FakeSlack:
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._serve_method)
        app.router.add_post("/response/{key}", self._serve_response_url)
        app.router.add_get("/link/", self.serve_socket)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.come_back()
        self.workspace.address = f"http://127.0.0.1:{self._port}"
        self.base_url = f"{self.workspace.address}/api/"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.go_down()
        if self._reserved is not None:
            self._reserved.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def go_down(self) -> None:
        """Refuses connections on its port, and cuts those that are open."""
        self.drop_socket()
        if self._site is None or self._runner is None or self._runner.server is None:
            return
        await self._site.stop()
        self._site = None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        # Bound and not listening: the port stays ours, and no client can be given it and connect to itself.
        self._reserved = self._bind()

    async def come_back(self) -> None:
        """Listens again, on the same port."""
        assert self._runner is not None, "entered"
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        listener = self._bind()
        self._port = listener.getsockname()[1]
        self._site = web.SockSite(self._runner, listener)
        await self._site.start()

    def _bind(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", self._port))
        return bound

    def calls_of(self, method: str) -> list[Call]:
        """The calls of a method so far, answered or not."""
        return [call for call in self.calls if call.method == method]

    async def wait_for(
        self, method: str, count: int = 1, timeout: float = 10, where: Callable[[Call], bool] = lambda call: True
    ) -> list[Call]:
        """Waits until `count` calls of a method arrived for which `where` is true, such as `lambda call: call.ok`."""

        def found() -> list[Call]:
            return [call for call in self.calls_of(method) if where(call)]

        await wait_until(lambda: len(found()) >= count, timeout, self.all_calls)
        return found()

    def all_calls(self) -> str:
        """What arrived, for the message of a test that fails."""
        return "\n".join(str(call) for call in self.calls) or "no calls"

    async def send(self, payload: Json, retry_attempt: int = 0, retry_reason: str = "") -> str:
        """Sends a payload over the websocket, in the envelope that fits it; returns the envelope's id for `acked`."""
        return await self.send_envelope(envelope_type(payload), payload, retry_attempt, retry_reason)

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        call = Call(request.match_info["method"], await _arguments(request), token)
        return await self._serve(request, call, lambda: self._answer(call))

    async def _serve_response_url(self, request: web.Request) -> web.StreamResponse:
        call = Call(RESPONSE_URL, await _arguments(request), None)
        return await self._serve(request, call, lambda: self._respond(call, request.match_info["key"]))

    async def _serve(self, request: web.Request, call: Call, work: Callable[[], None]) -> web.StreamResponse:
        """Records a call, lets its fault happen, and answers."""
        self.calls.append(call)
        fault = self.take_fault(call.method)
        await asyncio.sleep(fault.delay)
        if fault.is_cut_before or fault.is_cut_after:
            if fault.is_cut_after:
                work()
            call.status = call.answer = None
            assert request.transport is not None
            request.transport.close()
            return web.Response()  # goes nowhere
        if fault.status == 503:
            call.status = fault.status
            return web.Response(status=fault.status, text="<html>Slack is down</html>", content_type="text/html")
        if fault.error:
            call.status, call.answer = fault.status, {"ok": False, "error": fault.error}
        else:
            work()
        headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
        return web.json_response(call.answer, status=call.status or 200, headers=headers)

    def _answer(self, call: Call) -> None:
        call.status = 200
        try:
            call.answer = self._method(call)
        except SlackError as refusal:
            call.answer = refusal.body

    def _method(self, call: Call) -> Json:
        is_socket_mode = call.method == "apps.connections.open"
        if not call.token:
            raise SlackError("not_authed")
        if call.token not in (self.bot_token, self.app_token):
            raise SlackError("invalid_auth")
        if call.token != (self.app_token if is_socket_mode else self.bot_token):
            raise SlackError("not_allowed_token_type")
        if is_socket_mode:
            return {"ok": True, "url": f"ws://127.0.0.1:{self._port}/link/?ticket={self.new_ticket()}&app_id={APP}"}
        return deepcopy(self._api.call(call.method, call.arguments))  # how things are now, whatever happens later

    def _respond(self, call: Call, key: str) -> None:
        try:
            self._api.respond(key, call.arguments)
            call.status, call.answer = 200, {"ok": True}
        except SlackError as refusal:
            call.status, call.answer = 404 if refusal.error in ("expired_url", "used_url") else 400, refusal.body


async def _arguments(request: web.Request) -> Json:
    """The arguments of a call from its query or body."""
    if request.content_type == "application/json":
        return decode(json.loads(await request.text() or "{}"))
    values = {**request.query, **await request.post()}
    return decode({key: value for key, value in values.items() if isinstance(value, str)})
