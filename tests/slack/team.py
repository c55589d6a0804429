"""A marketing team in a fake Slack, with the advisor connected."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
from ruamel.yaml import YAML

from bot.settings import ROOT
from tests.slack.fake_slack import Call, FakeSlack
from tests.slack.payloads import http_body
from tests.slack.workspace import BOT_USER, Json
from tests.support.server import Server
from tests.support.waiting import wait_until

EVENTS = "/webhooks/slack/events"
REQUESTS = "C1"


class Team:
    """What its members do, and what they get to see. Each test uses threads and people of its own."""

    def __init__(self, slack: FakeSlack, server: Server) -> None:
        self.slack = slack
        self.server = server
        self._http = httpx.AsyncClient(timeout=20)
        self._numbers = itertools.count(1)
        self._read = 0

    @staticmethod
    def settings(slack: FakeSlack) -> dict[str, str]:
        """How the advisor is told of this Slack: both ways in."""
        return {
            "slack_bot_token": slack.bot_token,
            "slack_signing_secret": slack.signing_secret,
            "slack_app_token": slack.app_token,
            "slack_api_url": slack.base_url,
            "slack_requests_channel": REQUESTS,
        }

    @staticmethod
    def scopes() -> list[str]:
        """The rights that the manifest asks for."""
        manifest = YAML(typ="safe").load((ROOT / "deploy" / "slack" / "manifest.yml").read_text(encoding="utf-8"))
        return list(manifest["oauth_config"]["scopes"]["bot"])

    @property
    def log(self) -> str:
        """What the server printed."""
        return self.server.log

    def new_log(self) -> str:
        """What it printed since the last time this was asked."""
        new, self._read = self.log[self._read :], len(self.log)
        return new

    def newcomer(self, locale: str = "nl-NL") -> tuple[str, str]:
        """A user that nobody has talked to yet, and their direct message with the advisor."""
        user = f"U9{next(self._numbers):03}"
        self.slack.workspace.add_user(user, locale)
        return user, f"D{user[1:]}"

    async def send(self, payload: Json, **signature: Any) -> httpx.Response:
        """A payload over HTTP, signed as Slack does."""
        body = http_body(payload)
        headers = self.slack.signed(body, **signature)
        return await self._http.post(f"{self.server.address}{EVENTS}", content=body, headers=headers)

    async def post(self, body: str, headers: dict[str, str]) -> httpx.Response:
        """Any request at the address for Slack."""
        return await self._http.post(f"{self.server.address}{EVENTS}", content=body, headers=headers)

    async def posts(self, count: int = 1, timeout: float = 15, **where: str) -> list[Json]:
        """The messages that the advisor got posted in a channel or thread, at least `count`."""
        found = await self.slack.wait_for("chat.postMessage", count, timeout, lambda call: _is_post(call, where))
        return [call.arguments for call in found]

    async def posts_after_another_question(self, user: str, direct: str) -> list[Json]:
        """Asks one more question in a direct message, and waits for its answer.

        Answers in a conversation are posted in order: what was not posted by then is not posted at all.
        """
        await self.send(self.slack.message_event("wat is ctr?", channel=direct, user=user))
        await self.slack.wait_for(
            "chat.postMessage",
            timeout=15,
            where=lambda call: _is_post(call, {"channel": direct}) and "CTR" in text_of(call.arguments),
        )
        return await self.posts(channel=direct)

    async def ephemerals(self, user: str, count: int = 1) -> list[Json]:
        """What only this user sees, by response_url or otherwise, at least `count`."""
        await wait_until(lambda: len(self.slack.workspace.ephemerals(user)) >= count, 15, self.slack.all_calls)
        return self.slack.workspace.ephemerals(user)

    def last_post(self, channel: str, thread_ts: str | None = None) -> Json:
        """The advisor's last message in a channel or thread, as it is now."""
        return [
            m
            for m in self.slack.workspace.messages(channel)
            if m["user"] == BOT_USER and (thread_ts is None or m.get("thread_ts") == thread_ts)
        ][-1]


def _is_post(call: Call, where: dict[str, str]) -> bool:
    return call.ok and where.items() <= call.arguments.items()


def text_of(message: Json) -> str:
    """All that a message says, block by block."""

    def texts(node: Any) -> Any:
        if isinstance(node, dict):
            if isinstance(node.get("text"), str):
                yield node["text"]
            for value in node.values():
                yield from texts(value)
        elif isinstance(node, list):
            for value in node:
                yield from texts(value)

    return "\n".join(texts(message.get("blocks") or [])) or str(message.get("text"))


def button_of(message: Json, title: str) -> Json:
    """A button of a message by what it shows."""
    elements = [e for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]]
    (found,) = [e for e in elements if e["type"] == "button" and e["text"]["text"] == title]
    return dict(found)
