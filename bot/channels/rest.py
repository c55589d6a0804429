"""The REST channel: /webhooks/rest/webhook. For trying out and tests, on loopback; it trusts the sender's id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels import conversation
from bot.channels.guard import MAX_BODY
from bot.presentation import markdown

MAX_SENDER_LENGTH = 255


class GuardedRestInput(InputChannel):
    """Rasa's REST protocol without its holes: every body is checked, and no message is met by silence."""

    @classmethod
    def name(cls) -> str:
        """Part of the URL."""
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        """The routes."""
        routes = Blueprint("rest_channel")

        @routes.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            if len(request.body) > MAX_BODY:
                return _bad(f"the body is larger than {MAX_BODY} bytes", 413)
            try:
                body = request.json
            except InvalidUsage:
                return _bad("the body is not valid JSON")
            if not isinstance(body, dict):
                return _bad("expected a JSON object with the keys sender and message")
            sender, text = body.get("sender"), body.get("message")
            if not isinstance(text, str):
                return _bad("message: expected a text")
            if not isinstance(sender, str) or not 0 < len(sender) <= MAX_SENDER_LENGTH or not sender.isprintable():
                return _bad(f"sender: expected a text of 1 to {MAX_SENDER_LENGTH} characters")
            answers = await conversation.answer(request.app.ctx.agent, text, sender, self.name())
            rendered = [markdown.render(answer) for answer in answers]
            return response.json([{"recipient_id": sender, "text": r.text, "buttons": r.buttons} for r in rendered])

        return routes


def _bad(why: str, status: int = 400) -> HTTPResponse:
    return response.json({"error": why}, status=status)
