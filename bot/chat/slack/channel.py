"""The Slack channel: one URL for events, commands and buttons, or Socket Mode for those without a public address."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import traceback
from collections.abc import Awaitable, Callable

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from slack_bolt.adapter.sanic import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.slack import listeners, team_posts
from bot.chat.slack.conversations import UNREACHABLE, Desk, passes
from bot.settings import settings
from bot.storage.messages import message_store
from bot.web.errors import Refused

logger = logging.getLogger(__name__)

BOLT_LOGGER = logging.getLogger(f"{__name__}.bolt")
BOLT_LOGGER.setLevel(logging.ERROR)  # else it logs what it did not expect
RATE_LIMIT_RETRIES = 3
NOT_AS_DOCUMENTED = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What bolt and our listeners raise at a body that lacks a field, or has a text where Slack has an object."""
NOT_SLACKS = "this is no request of Slack's"


class SlackInput(InputChannel):
    """Chats with a team in its Slack workspace. Without credentials it is off, and says so in `state`."""

    def __init__(self) -> None:
        self._socket: AsyncSocketModeHandler | None = None
        self._watch: asyncio.Task[None] | None = None
        self._catch_up: asyncio.Task[None] | None = None
        self._identity = AuthorizeResult(
            enterprise_id=None, team_id=None, bot_token=settings().slack_bot_token, bot_id=None, bot_user_id=None
        )

    @classmethod
    def name(cls) -> str:
        """Part of the URL."""
        return "slack"

    @property
    def state(self) -> str:
        """Whether it is on, and how it is reached, in one line."""
        if not self._is_on:
            half = "the bot token is set, but neither the app token nor the signing secret; "
            return f"Slack: off; {half if settings().slack_bot_token else ''}docs/slack.md tells how to connect it."
        way = "by Socket Mode" if settings().slack_app_token else "at /webhooks/slack/events"
        channel = settings().slack_requests_channel or "no channel (KLANTKOMPAS_SLACK_REQUESTS_CHANNEL is not set)"
        return f"Slack: on, {way}; requests go to {channel}."

    @property
    def _is_on(self) -> bool:
        return bool(settings().slack_bot_token and (settings().slack_signing_secret or settings().slack_app_token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        """The route for Slack; none if it is off."""
        routes = Blueprint("slack_channel")
        if not self._is_on:
            return routes
        client = AsyncWebClient(
            token=settings().slack_bot_token,
            base_url=settings().slack_api_url,
            # A broken connection is not tried again here: what was sent may have arrived. See desk.py, team_posts.py.
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
        )
        desk = Desk(client, message_store(settings().messages_db))

        async def who_we_are() -> AuthorizeResult:
            """For bolt, at every request: no call to Slack, which might be down when it asks us something."""
            return self._identity

        app = AsyncApp(
            client=client,
            signing_secret=settings().slack_signing_secret or "none: Socket Mode",
            authorize=who_we_are,
            logger=BOLT_LOGGER,
        )
        listeners.register(app, desk)
        app.error(_not_as_documented)
        if settings().slack_signing_secret:
            handler = AsyncSlackRequestHandler(app)

            @routes.post("/events")
            async def receive(request: Request) -> HTTPResponse:
                try:
                    return await handler.handle(request)  # bolt reads a body before it looks who signed it
                except NOT_AS_DOCUMENTED as error:
                    raise Refused(400, NOT_SLACKS) from error

        async def start(server: Sanic, *_: object) -> None:
            desk.agent = server.ctx.agent
            desk.soon(self._introduce(client))
            if settings().slack_app_token:
                self._socket = AsyncSocketModeHandler(app, settings().slack_app_token)
                desk.soon(self._connect(client))
            if settings().slack_requests_channel:
                self._watch = asyncio.create_task(team_posts.watch(desk, settings().slack_requests_channel))
            self._catch_up = asyncio.create_task(desk.catch_up())

        async def stop(*_: object) -> None:
            if self._socket is not None:
                with contextlib.suppress(asyncio.TimeoutError):  # Slack's goodbye is not worth waiting for
                    await asyncio.wait_for(self._socket.close_async(), 1)  # type: ignore[no-untyped-call]
            for task in (self._watch, self._catch_up):
                if task is not None:
                    task.cancel()
            await desk.stop()

        routes.listener("after_server_start")(start)
        routes.listener("before_server_stop")(stop)
        return routes

    async def _introduce(self, client: AsyncWebClient) -> None:
        """Asks Slack once who we are; a wrong token is said plainly."""
        try:
            told = await client.auth_test()
        except SlackApiError as error:
            logger.error("Slack refuses KLANTKOMPAS_SLACK_BOT_TOKEN: %s", error.response.get("error"))
        except UNREACHABLE as error:
            logger.warning("Slack can't be reached: %s", error)
        else:
            self._identity = AuthorizeResult(
                enterprise_id=told.get("enterprise_id"),
                team_id=told["team_id"],
                bot_token=settings().slack_bot_token,
                bot_id=told.get("bot_id"),
                bot_user_id=told["user_id"],
            )

    async def _connect(self, client: AsyncWebClient) -> None:
        """Connects by Socket Mode, again and again until it works; slack_sdk keeps it connected from then on."""
        wait = 2.0
        while self._socket is not None:
            try:
                # slack_sdk would try for ever with a token that is no good, and log a traceback each time.
                await client.apps_connections_open(app_token=settings().slack_app_token)
                await self._socket.connect_async()  # type: ignore[no-untyped-call]
                return
            except SlackApiError as error:
                if not passes(error):
                    logger.error("Slack refuses KLANTKOMPAS_SLACK_APP_TOKEN: %s", error.response.get("error"))
                    return
                reason: object = error.response.get("error")
            except UNREACHABLE as error:
                reason = error
            logger.warning("Slack's Socket Mode can't be reached (%s); trying again in %.0f s", reason, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 60.0)


async def _not_as_documented(error: Exception, response: BoltResponse | None) -> None:
    """Refuses what has Slack's signature but not its form, and says where that showed; a fault of ours keeps its trace.

    There is no response for what was acknowledged already.
    """
    if not isinstance(error, NOT_AS_DOCUMENTED):
        logger.error("a request of Slack's failed", exc_info=error)
        return
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    logger.error("a request of Slack's can't be read: %r at %s:%d", error, frame.f_code.co_filename, line)
    if response is not None:
        response.status, response.body = 400, json.dumps({"error": NOT_SLACKS})
