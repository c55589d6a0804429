"""The REST channel: /webhooks/rest/webhook. For trying out and for tests: whoever knows a sender's id speaks as it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from limits import RateLimitItemPerMinute
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.chat import turns as conversation
from bot.chat.guard import storable
from bot.presentation import markdown
from bot.settings import settings
from bot.storage.messages import message_store
from bot.web.errors import MAX_ID, Refused, address, as_object, is_id
from bot.web.rate_limits import Limiter

PREFIX = "rest-"
"""How the ids of conversations by REST begin: nobody gets into one of the website or of Slack this way."""
MAX_SENDER_LENGTH = 255 - len(PREFIX)


class GuardedRestInput(InputChannel):
    """Rasa's REST protocol without its holes: every body is checked, and no message is met by silence.

    A `message_id` may come along; the same one again gets the same answer again.
    """

    @classmethod
    def name(cls) -> str:
        """Part of the URL."""
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        """The routes; none if the settings turn it off."""
        routes = Blueprint("rest_channel")
        if not settings().rest:
            return routes
        store, limiter = message_store(settings().messages_db), Limiter()

        @routes.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            body = as_object(request)
            sender, text = body.get("sender"), body.get("message")
            message_id = body.get("message_id", secrets.token_hex(8))
            if not isinstance(text, str):
                raise Refused(400, "message: expected a text")
            if not is_id(sender, MAX_SENDER_LENGTH):
                raise Refused(400, f"sender: expected a text of 1 to {MAX_SENDER_LENGTH} printable characters")
            if not is_id(message_id, MAX_ID):
                raise Refused(400, f"message_id: expected a text of 1 to {MAX_ID} printable characters")
            talk = f"{PREFIX}{sender}"
            await limiter.count(RateLimitItemPerMinute(settings().messages_per_minute), talk)
            await limiter.count(RateLimitItemPerMinute(settings().messages_per_minute_per_address), address(request))
            message, _ = await asyncio.to_thread(store.add_visitors, talk, storable(text), message_id)
            answers = await conversation.answer_kept(request.app.ctx.agent, store, message, self.name())
            rendered = [markdown.render(kept.answer) for kept in answers if kept.answer]
            return response.json([{"recipient_id": sender, "text": r.text, "buttons": r.buttons} for r in rendered])

        return routes
