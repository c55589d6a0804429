"""A Slack on loopback for tests: its Web API, its response_urls and its Socket Mode, and what users do in it.

It is strict where the real one is, and fails in the same ways when a test asks for it (see `faults.py`).

    async with FakeSlack() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        ...
        await slack.wait_for("chat.postMessage")
        print(slack.transcript())
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

from tests.slack.faults import Fault, Faults
from tests.slack.payloads import UserActions, envelope_type
from tests.slack.socket_mode import SocketMode
from tests.slack.transcript import transcript
from tests.slack.web_api import ALL_SCOPES, WebApi, decoded
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


class FakeSlack(UserActions, SocketMode, Faults):
    """A Slack workspace with one installed app. Give `scopes` to test that an app has all that it needs."""

    def __init__(
        self,
        bot_token: str = "xoxb-fake",
        app_token: str = "xapp-fake",
        signing_secret: str = "signing-secret",
        scopes: Iterable[str] = ALL_SCOPES,
    ) -> None:
        UserActions.__init__(self, Workspace(), signing_secret)
        SocketMode.__init__(self)
        Faults.__init__(self)
        self.bot_token, self.app_token = bot_token, app_token
        self.calls: list[Call] = []
        self.base_url = ""
        self._api = WebApi(self.workspace, frozenset(scopes))
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._reserved: socket.socket | None = None

    # Start and stop

    async def __aenter__(self) -> FakeSlack:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._serve_method)
        app.router.add_post("/response/{key}", self._serve_response_url)
        app.router.add_get("/link/", self.serve_socket)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.come_back()
        self.workspace.address = f"http://127.0.0.1:{self._port}"
        self.base_url = f"{self.workspace.address}/api/"

    async def stop(self) -> None:
        """Stops listening and ends all connections."""
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
        assert self._runner is not None, "start() first"
        if self._site is not None:
            return
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

    # What arrived

    def calls_of(self, method: str) -> list[Call]:
        """The calls of a method so far, answered or not."""
        return [call for call in self.calls if call.method == method]

    async def wait_for(
        self, method: str, count: int = 1, timeout: float = 10, where: Callable[[Call], bool] | None = None
    ) -> list[Call]:
        """Waits until `count` calls of a method arrived for which `where` is true, such as `lambda call: call.ok`."""

        def found() -> list[Call]:
            return [call for call in self.calls_of(method) if where is None or where(call)]

        def complaint() -> str:
            arrived = "\n  ".join(str(call) for call in self.calls) or "nothing"
            return f"{len(found())} of {count} fitting calls of {method} within {timeout} s; arrived:\n  {arrived}"

        await wait_until(lambda: len(found()) >= count, timeout, complaint)
        return found()

    def messages(self, channel: str | None = None) -> list[Json]:
        """The messages in a channel, or in all, as they are now; ephemeral ones are in `ephemerals`."""
        return self.workspace.messages(channel)

    def ephemerals(self, user: str | None = None) -> list[Json]:
        """The messages that only this user, or anyone, sees."""
        return self.workspace.ephemerals(user)

    def modals(self) -> list[Json]:
        """The modals that were opened, as they are now."""
        return list(self.workspace.views.values())

    def home_tab(self, user: str = "U1") -> Json | None:
        """The home tab of a user."""
        return self.workspace.home_tabs.get(user)

    def transcript(self, channel: str | None = None) -> str:
        """What was posted, for a human to read."""
        return transcript(self.workspace, channel)

    async def send(self, payload: Json, retry_attempt: int = 0, retry_reason: str = "") -> str:
        """Sends a payload over the websocket, in the envelope that fits it; returns the envelope's id for `acked`."""
        kind = envelope_type(payload)
        return await self.send_envelope(kind, payload, retry_attempt=retry_attempt, retry_reason=retry_reason)

    # The server

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments, error = await _arguments(request)
        header = request.headers.get("Authorization", "")
        in_body = arguments.pop("token", None) if not _is_json(request) else None  # never taken from JSON
        token = header.removeprefix("Bearer ").strip() or in_body
        call = Call(method, arguments, token)
        return await self._serve(request, call, lambda: self._answer(call, error))

    async def _serve_response_url(self, request: web.Request) -> web.StreamResponse:
        arguments, error = await _arguments(request)
        call = Call(RESPONSE_URL, arguments, None)
        return await self._serve(request, call, lambda: self._respond(call, request.match_info["key"], error))

    async def _serve(self, request: web.Request, call: Call, work: Callable[[], None]) -> web.StreamResponse:
        """Records a call, lets its fault happen, and answers."""
        self.calls.append(call)
        fault = self.take_fault(call.method) or Fault("none", call.method, 0)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.kind in ("none", "slow", "lose_answer"):
            work()
        if fault.kind in ("break", "lose_answer"):
            call.status = call.answer = None
            if request.transport is not None:
                request.transport.close()
            return web.Response()  # goes nowhere
        if fault.kind == "server_error":
            call.status = fault.status
            return web.Response(status=fault.status, text="<html>Slack is down</html>", content_type="text/html")
        if fault.kind in ("fail", "rate_limit"):
            call.status, call.answer = fault.status, {"ok": False, "error": fault.error}
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._api.scopes))}
        if fault.kind == "rate_limit":
            headers["Retry-After"] = str(int(fault.seconds))
        return web.json_response(call.answer, status=call.status or 200, headers=headers)

    def _answer(self, call: Call, error: str | None) -> None:
        call.status = 200
        try:
            call.answer = self._method(call, error)
        except SlackError as refusal:
            call.answer = refusal.answer()

    def _method(self, call: Call, error: str | None) -> Json:
        socket_mode = call.method == "apps.connections.open"
        if not socket_mode and call.method not in self._api.methods:
            raise SlackError("unknown_method", req_method=call.method)
        if not call.token:
            raise SlackError("not_authed")
        if call.token not in (self.bot_token, self.app_token):
            raise SlackError("invalid_auth")
        if call.token != (self.app_token if socket_mode else self.bot_token):
            raise SlackError("not_allowed_token_type")
        if error:
            raise SlackError(error)
        if socket_mode:
            return {"ok": True, "url": f"ws://127.0.0.1:{self._port}/link/?ticket={self.new_ticket()}&app_id={APP}"}
        return deepcopy(self._api.call(call.method, call.arguments))  # how things are now, whatever happens later

    def _respond(self, call: Call, key: str, error: str | None) -> None:
        """Not sure of the statuses and bodies of the real one when it refuses."""
        url = self.workspace.response_urls.get(key)
        try:
            if error or url is None:
                raise SlackError(error or "expired_url")
            self._api.respond(url, call.arguments)
            call.status, call.answer = 200, {"ok": True}
        except SlackError as refusal:
            call.status = 404 if refusal.error in ("expired_url", "used_url") else 400
            call.answer = refusal.answer()


def _is_json(request: web.Request) -> bool:
    return request.content_type == "application/json"


async def _arguments(request: web.Request) -> tuple[Json, str | None]:
    """The arguments of a call from its query and body, and the error if the body can't be read."""
    arguments: Json = dict(request.query)
    if not _is_json(request):
        form = await request.post()
        return decoded({**arguments, **{key: value for key, value in form.items() if isinstance(value, str)}}), None
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError:
        return arguments, "invalid_json"
    if not isinstance(body, dict):
        return arguments, "json_not_object"
    return decoded({**arguments, **body}), None
