"""The Slack channel: one URL for events, commands and buttons, or Socket Mode without a public address."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import traceback
from collections.abc import Callable

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
from tenacity import before_sleep_log, retry, retry_if_exception, wait_exponential

from bot.background import BackgroundTasks
from bot.chat.slack.client import NETWORK_ERRORS, error_code, is_transient
from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.handovers import Handovers
from bot.chat.slack.listeners import Listeners, register_fallback
from bot.chat.slack.modals import RequestForms
from bot.chat.slack.plans import Plans
from bot.chat.slack.team_posts import TeamPosts
from bot.errors import HTTPError
from bot.services import Services
from bot.settings import Settings
from bot.web.rate_limits import RateLimiter

logger = logging.getLogger(__name__)

BOLT_LOGGER = logging.getLogger(f"{__name__}.bolt")
BOLT_LOGGER.setLevel(logging.ERROR)  # bolt logs unverified request bodies at lower levels
RATE_LIMIT_RETRIES = 3
MALFORMED_PAYLOAD_ERRORS = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What bolt and our listeners raise at a payload that lacks a field or has another type than documented."""
MALFORMED_PAYLOAD = "the payload is malformed"


class SlackChannel:
    """Chats with a team in its Slack workspace. Off without credentials."""

    name = "slack"

    def __init__(self, services: Services, limiter: RateLimiter, wake: Callable[[str], None]) -> None:
        """Takes what the channels share.

        Args:
            services: Settings, knowledge base and stores.
            limiter: Rate limits.
            wake: Shows new messages of a conversation on the website, when a person of the team writes there.
        """
        self._wake = wake
        self._services = services
        self._settings: Settings = services.settings
        self._limiter = limiter
        self._background = BackgroundTasks()
        self._conversations: SlackConversations | None = None
        self._http: AsyncSlackRequestHandler | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._identity = AuthorizeResult(
            enterprise_id=None, team_id=None, bot_token=self._settings.slack_bot_token, bot_id=None, bot_user_id=None
        )

    @property
    def is_on(self) -> bool:
        """Whether the settings connect a workspace."""
        return self._settings.slack_is_on

    @property
    def status(self) -> str:
        """Whether it is on, and how Slack reaches it."""
        if not self.is_on:
            half = "the bot token is set, but neither the app token nor the signing secret; "
            return f"Slack: off; {half if self._settings.slack_bot_token else ''}docs/slack.md tells how to connect it."
        way_in = "by Socket Mode" if self._settings.slack_app_token else "at /webhooks/slack/events"
        channel = self._settings.slack_requests_channel or "no channel (KLANTKOMPAS_SLACK_REQUESTS_CHANNEL is not set)"
        return f"Slack: on, {way_in}; requests go to {channel}."

    def blueprint(self) -> Blueprint:
        """The route for Slack's HTTP requests."""
        routes = Blueprint("slack_channel")
        if not self.is_on:
            return routes
        if self._settings.slack_signing_secret:

            @routes.post("/events")
            async def receive(request: Request) -> HTTPResponse:
                assert self._http is not None, "_start ran before the first request"
                try:
                    return await self._http.handle(request)  # bolt parses a body before it verifies the signature
                except MALFORMED_PAYLOAD_ERRORS as error:
                    raise HTTPError(400, MALFORMED_PAYLOAD) from error

        routes.listener("after_server_start")(self._start)
        routes.listener("before_server_stop")(self._stop)
        return routes

    async def _start(self, server: Sanic, *_: object) -> None:
        client = AsyncWebClient(
            token=self._settings.slack_bot_token,
            base_url=self._settings.slack_api_url,
            # Connection errors are not retried here, since the call may have arrived: see client.py and team_posts.py.
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
        )
        self._conversations = conversations = SlackConversations(client, server.ctx.turns, self._limiter)
        team_posts = TeamPosts(conversations, self._settings.slack_requests_channel)

        async def authorize() -> (
            AuthorizeResult
        ):  # bolt's own asks Slack; no method, since bolt would pass `self` twice
            return self._identity

        app = AsyncApp(
            client=client,
            signing_secret=self._settings.slack_signing_secret or "not used by Socket Mode",
            authorize=authorize,
            logger=BOLT_LOGGER,
        )
        handovers = Handovers(conversations, self._settings.slack_requests_channel, self._wake)
        if self._settings.has_team_channel:
            handovers.register(app)
        Listeners(conversations, RequestForms(conversations)).register(app)
        Plans(conversations).register(app)
        team_posts.register(app)
        register_fallback(app)
        app.error(_handle_error)
        self._http = AsyncSlackRequestHandler(app)
        conversations.spawn(self._identify(client))
        if self._settings.slack_app_token:
            self._socket = AsyncSocketModeHandler(app, self._settings.slack_app_token)
            conversations.spawn(self._connect(client))
        if self._settings.slack_requests_channel:
            for work in (team_posts.watch, handovers.watch, handovers.tell, handovers.catch_up):
                self._background.start(work())
        conversations.start_catch_up()

    async def _stop(self, *_: object) -> None:
        if self._socket is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._socket.close_async(), 1)  # type: ignore[no-untyped-call]
        self._background.cancel()
        if self._conversations is not None:
            await self._conversations.stop()

    async def _identify(self, client: AsyncWebClient) -> None:
        """Asks Slack once for the app's identity, and logs an invalid token."""
        try:
            identity = await client.auth_test()
        except SlackApiError as error:
            logger.error("Slack refuses KLANTKOMPAS_SLACK_BOT_TOKEN: %s", error_code(error))
        except NETWORK_ERRORS as error:
            logger.warning("Slack is unreachable: %s", error)
        else:
            self._identity = AuthorizeResult(
                enterprise_id=identity.get("enterprise_id"),
                team_id=identity["team_id"],
                bot_token=self._settings.slack_bot_token,
                bot_id=identity.get("bot_id"),
                bot_user_id=identity["user_id"],
            )

    async def _connect(self, client: AsyncWebClient) -> None:
        """Connects by Socket Mode, with retries; slack_sdk keeps the connection from then on."""

        @retry(
            retry=retry_if_exception(is_transient),
            wait=wait_exponential(multiplier=2, max=60),
            before_sleep=before_sleep_log(logger, logging.WARNING),
        )
        async def connect() -> None:
            # slack_sdk would retry an invalid token for ever, with a traceback each time.
            await client.apps_connections_open(app_token=self._settings.slack_app_token)
            if self._socket is not None:
                await self._socket.connect_async()  # type: ignore[no-untyped-call]

        try:
            await connect()
        except SlackApiError as error:
            logger.error("Slack refuses KLANTKOMPAS_SLACK_APP_TOKEN: %s", error_code(error))


async def _handle_error(error: Exception, response: BoltResponse | None) -> None:
    """Error handler for bolt: 400 for signed but malformed payloads. `response` is None after an acknowledgement."""
    if not isinstance(error, MALFORMED_PAYLOAD_ERRORS):
        logger.error("Slack listener failed", exc_info=error)
        return
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    logger.error("malformed Slack payload: %r at %s:%d", error, frame.f_code.co_filename, line)
    if response is not None:
        response.status, response.body = 400, json.dumps({"error": MALFORMED_PAYLOAD})
