"""A visitor of the website channel, without a browser."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx

from bot.chat.website.sessions import Sessions
from tests.support.server import SECRET

RETRY_STATUSES = (429, 502, 503, 504)


class Visitor:
    """Speaks the website's protocol as the chat page does, with retries until the server accepts a message."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self.http = client
        self._address = address
        self.token = ""
        self.accepted: dict[str, str] = {}
        """Texts by the id of the message, as far as the server said 202."""

    @property
    def headers(self) -> dict[str, str]:
        """Of a request with the session's token."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def conversation(self) -> str:
        """The id of the conversation."""
        return Sessions(SECRET, days=90).read(self.token).conversation

    async def start_session(self, language: str = "nl") -> None:
        """Asks for a session."""
        self.token = (await self._retry("session", {"language": language})).json()["token"]

    async def send(self, text: str, message_id: str | None = None) -> None:
        """Sends a message until it is accepted."""
        message_id = message_id or uuid.uuid4().hex
        await self._retry("messages", {"id": message_id, "text": text})
        self.accepted[message_id] = text

    async def send_once(self, text: str, to: str = "") -> int:
        """Sends a message that must be accepted at the first attempt; `to` is another server. Returns its position."""
        response = await self.post("messages", {"id": uuid.uuid4().hex, "text": text}, to=to)
        assert response.status_code == 202, response.text
        return int(response.json()["position"])

    async def post(self, route: str, body: object, to: str = "", **headers: str) -> httpx.Response:
        """One request."""
        url = f"{to or self._address}/webhooks/website/{route}"
        return await self.http.post(url, json=body, headers={**self.headers, **headers})

    async def _retry(self, route: str, body: object, timeout: float = 240) -> httpx.Response:
        deadline = time.monotonic() + timeout
        while True:
            problem: object
            try:
                response = await self.post(route, body)
                if response.is_success:
                    return response
                problem = response.text
                assert response.status_code in RETRY_STATUSES, problem
            except httpx.TransportError as error:
                problem = error
            assert time.monotonic() < deadline, problem
            await asyncio.sleep(0.2)

    async def receive(self, answers: int, timeout: float = 120) -> list[dict[str, Any]]:
        """All messages of the conversation once it has so many answers, with reconnects of a lost stream."""
        received: dict[int, dict[str, Any]] = {}
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                await asyncio.wait_for(self._receive(received, answers), max(0.1, deadline - time.monotonic()))
                return [received[position] for position in sorted(received)]
            except (httpx.TransportError, httpx.HTTPStatusError, EOFError):
                await asyncio.sleep(0.2)
            except asyncio.TimeoutError:
                break
        texts = [(message["author"], message.get("text") or message.get("title")) for message in received.values()]
        raise AssertionError(f"waited {timeout} s for {answers} answers and received {texts}")

    async def _receive(self, received: dict[int, dict[str, Any]], answers: int) -> None:
        is_current = False
        async with aclosing(self.stream(after=max(received, default=0))) as events:
            async for event, data in events:
                if event == "message":
                    received[data["position"]] = data
                is_current = is_current or event == "current"
                authors = Counter(message["author"] for message in received.values())
                if is_current and authors["advisor"] > answers:  # one more: the greeting
                    return
        raise EOFError

    async def answers(self, number: int) -> list[str]:
        """The texts of all answers once there are so many, without the greeting."""
        return [m["text"] for m in await self.receive(number) if m["author"] == "advisor"][1:]

    async def stream(self, after: int = 0) -> AsyncGenerator[tuple[str, Any], None]:
        """Names and data of the events of one stream, as they come."""
        headers = {**self.headers, "Last-Event-ID": str(after)}
        url = f"{self._address}/webhooks/website/stream"
        async with self.http.stream("GET", url, headers=headers, timeout=60) as stream:
            stream.raise_for_status()
            event: dict[str, str] = {}
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    event[name] = value
                elif "event" in event:
                    yield event["event"], json.loads(event["data"])
                    event = {}

    def check_nothing_lost(self, received: list[dict[str, Any]]) -> None:
        """Checks that each accepted message is in the conversation once, and that each was answered."""
        sent = [message for message in received if message["author"] == "visitor"]
        assert {m["id"]: m["text"] for m in sent} == self.accepted
        assert len(sent) == len(self.accepted)
        assert sum(message["author"] == "advisor" for message in received) >= 1 + len(sent)
