"""A visitor of a website whose chat comes through the proxy."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx

from bot.chat.website.sessions import Sessions
from tests import website
from tests.scale_out.nginx import Nginx

SECRET = "of these tests"
"""KLANTKOMPAS_SECRET of RunningServer."""

addresses = (f"127.1.{number // 250}.{number % 250 + 1}" for number in itertools.count())
"""Each visitor comes from an address of its own, so that one test's flood is not another's."""


class Visitor(website.Visitor):
    """Talks by the proxy, or to a certain worker; listens by the proxy."""

    def __init__(self, nginx: Nginx) -> None:
        transport = httpx.AsyncHTTPTransport(local_address=next(addresses), verify=nginx.tls)
        self.http = httpx.AsyncClient(transport=transport, base_url=nginx.address, timeout=20)
        super().__init__(self.http, nginx.address)

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    @property
    def headers(self) -> dict[str, str]:
        """Of a visitor with a session."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def conversation(self) -> str:
        """The id of the talk."""
        return Sessions(SECRET, 90).read(self.token).conversation

    async def say_once(self, text: str, to: str = "") -> int:
        """Says something at the first attempt, by the proxy or to the address of a worker; returns its position."""
        body = {"id": uuid.uuid4().hex, "text": text}
        answer = await self.http.post(f"{to}/webhooks/website/messages", json=body, headers=self.headers)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["position"])

    async def hear_answers(self, number: int) -> list[str]:
        """The texts of the first so many answers, without the greeting."""
        heard = await self.hear(number)
        return [message["text"] for message in heard if message["author"] == "advisor"][1:]

    async def stream(self) -> AsyncIterator[tuple[str, Any]]:
        """The events of one stream from the beginning, as they come: their names and data."""
        async with self.http.stream("GET", "/webhooks/website/stream", headers=self.headers) as stream:
            event: dict[str, str] = {}
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    event[name] = value
                elif "event" in event:
                    yield event["event"], json.loads(event["data"])
                    event = {}
