"""A visitor of the website channel, without a browser."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from typing import Any

import httpx


class Visitor:
    """Talks by the website's protocol. Sends a message again until the server has taken it, as the chat page does."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._routes = f"{address}/webhooks/website"
        self._sent = 0
        self.token = ""
        self.taken: dict[str, str] = {}
        """Texts by the id of the message, as far as the server said 202."""

    async def begin(self, language: str = "nl") -> None:
        """Asks for a session."""
        answer = await self._insist("session", {"language": language})
        self.token = answer.json()["token"]

    async def say(self, text: str, message_id: str | None = None) -> str:
        """Sends a message until it is taken; returns its id."""
        self._sent += 1
        message_id = message_id or f"{self._sent}"
        await self._insist("messages", {"id": message_id, "text": text})
        self.taken[message_id] = text
        return message_id

    async def post(self, path: str, body: object) -> httpx.Response:
        """One request as it is."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return await self._client.post(f"{self._routes}/{path}", json=body, headers=headers)

    async def _insist(self, path: str, body: object, within: float = 240) -> httpx.Response:
        deadline = time.monotonic() + within
        while True:
            problem: object
            try:
                answer = await self.post(path, body)
                if answer.status_code < 300:
                    return answer
                problem = answer.text
                assert answer.status_code in (429, 502, 503, 504), answer.text
            except httpx.TransportError as error:
                problem = error
            assert time.monotonic() < deadline, problem
            await asyncio.sleep(0.2)

    async def hear(self, until_answered: int, within: float = 120) -> list[dict[str, Any]]:
        """All that was said, once so many of our messages have an answer. Connects again when it is cut off."""
        heard: dict[int, dict[str, Any]] = {}
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                await asyncio.wait_for(self._listen(heard, until_answered), max(0.1, deadline - time.monotonic()))
                return [heard[position] for position in sorted(heard)]
            except (httpx.TransportError, httpx.HTTPStatusError, EOFError):
                await asyncio.sleep(0.2)
            except asyncio.TimeoutError:
                break
        said = [(m["author"], m.get("text") or m["title"] if "title" in m else m.get("text")) for m in heard.values()]
        raise AssertionError(f"waited {within} s for {until_answered} answers and heard {said}")

    async def _listen(self, heard: dict[int, dict[str, Any]], until_answered: int) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Last-Event-ID": str(max(heard, default=0))}
        async with self._client.stream("GET", f"{self._routes}/stream", headers=headers, timeout=60) as stream:
            stream.raise_for_status()
            current = False
            event: dict[str, str] = {}
            async for line in stream.aiter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                if event.get("event") == "message":
                    message = json.loads(event["data"])
                    heard[message["position"]] = message
                current = current or event.get("event") == "current"
                event = {}
                if current and sum(m["author"] == "advisor" for m in heard.values()) > until_answered:  # the greeting
                    return
        raise EOFError


def check_nothing_lost(visitor: Visitor, heard: list[dict[str, Any]]) -> None:
    """Every message that the server took stands in the talk once, and each got an answer."""
    said = [message for message in heard if message["author"] == "visitor"]
    assert {m["id"]: m["text"] for m in said} == visitor.taken
    assert len(said) == len(visitor.taken)
    answers: defaultdict[str, int] = defaultdict(int)
    for message in heard:
        answers[message["author"]] += 1
    assert answers["advisor"] >= 1 + len(said)
