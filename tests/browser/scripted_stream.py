"""A stream of server-sent events that the test writes itself, to break it and to continue it at will."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Page

from tests.browser.chat import Chat

SCRIPT = """if (location.pathname === "/chat") {
    const fetch = window.fetch;
    window.streams = [];
    window.fetch = (url, options) => {
        if (!String(url).endsWith("/stream")) return fetch(url, options);
        const body = new ReadableStream({ start: (stream) => window.streams.push(stream) });
        return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
    };
}"""

WRITE = "(_, text) => window.streams.at(-1).enqueue(new TextEncoder().encode(text))"


class ScriptedStream:
    """Takes the place of the server's stream in the chat of one page."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    @staticmethod
    async def install(page: Page) -> None:
        """Must come before the chat is loaded."""
        await page.add_init_script(SCRIPT)

    async def opened(self, times: int) -> None:
        """Waits until the page has opened its stream that often."""
        await self._chat.evaluate(
            """async (_, times) => {
                while (window.streams.length < times) await new Promise(requestAnimationFrame);
            }""",
            times,
        )

    async def send(self, kind: str, data: object = True) -> None:
        """Sends an event by the newest stream."""
        await self._chat.evaluate(WRITE, f"event: {kind}\ndata: {json.dumps(data)}\n\n")

    async def ask(self, position: int, text: str) -> None:
        """Sends a message of the visitor."""
        seen = {"author": "visitor", "position": position, "at": "2026-01-01T12:00:00Z", "id": str(position)}
        await self.send("message", {**seen, "text": text})

    async def answer(self, position: int, text: str) -> None:
        """Sends a message of the advisor."""
        section: dict[str, Any] = {
            "title": None,
            "text": text,
            "items": [],
            "ordered": False,
            "quotes": [],
            "value": None,
        }
        seen = {
            "author": "advisor",
            "position": position,
            "at": "2026-01-01T12:00:00Z",
            "language": "nl",
            "title": None,
        }
        lists = {"card": [], "closing": [], "replies": [], "sections": [{**section, "columns": [], "rows": []}]}
        rest: dict[str, Any] = {
            "journey": None,
            "sources": None,
            "text": text,
            "rateable": False,
            "vote": None,
            "reason": None,
            "diagnosis": False,
            "asked": None,
            "receipt": None,
            "funnel": None,
            "events": [],
            "person": None,
            "from_team": False,
            "revises": None,
        }
        await self.send("message", {**seen, **lists, **rest})

    async def lose(self) -> None:
        """Breaks the newest stream, as a server that is gone does."""
        await self._chat.evaluate("() => window.streams.at(-1).error(new TypeError('network error'))")
