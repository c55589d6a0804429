"""The REST channel: POST /webhooks/rest/webhook, Rasa's REST protocol with validation, limits and de-duplication.

For trying out and for tests: whoever knows the `sender` of a conversation can continue it.
"""

from __future__ import annotations

import asyncio
import secrets

import msgspec
from limits import RateLimitItemPerMinute
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.chat.guard import storable
from bot.presentation import markdown
from bot.services import Services
from bot.web.rate_limits import RateLimiter
from bot.web.requests import Id, client_address, json_body, require_printable

PREFIX = "rest-"
"""Of conversation ids, so that no client of REST gets into a conversation of another channel."""


class RestMessage(msgspec.Struct):
    """The body of a request. The same `message_id` again gets the same answer again."""

    sender: str
    message: str
    message_id: Id = msgspec.field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        if not 0 < len(self.sender) <= 255 - len(PREFIX):
            raise ValueError(f"sender: expected a text of 1 to {255 - len(PREFIX)} characters")
        require_printable("sender", self.sender)
        require_printable("message_id", self.message_id)


class RestChannel:
    """Chats over HTTP."""

    name = "rest"
    status = None

    def __init__(self, services: Services, limiter: RateLimiter) -> None:
        """Takes what the channels share."""
        self._services = services
        self._limiter = limiter

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("rest_channel")

        @routes.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            body, settings = json_body(request, RestMessage), self._services.settings
            conversation = f"{PREFIX}{body.sender}"
            await self._limiter.hit(RateLimitItemPerMinute(settings.messages_per_minute), conversation)
            per_address = RateLimitItemPerMinute(settings.messages_per_minute_per_address)
            await self._limiter.hit(per_address, client_address(request))
            message, _ = await asyncio.to_thread(
                self._services.messages.add_user_message, conversation, storable(body.message), body.message_id
            )
            answers = await request.app.ctx.turns.answer_stored(message)
            texts = [markdown.render(stored.answer) for stored in answers if stored.answer]
            return response.json([{"recipient_id": body.sender, "text": t.text, "buttons": t.buttons} for t in texts])

        return routes
