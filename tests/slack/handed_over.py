"""A visitor of the website who asks for a person, and the team in a fake Slack that hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.storage.handovers import Handover, HandoverStore
from tests.slack.team import REQUESTS, Team, button_of
from tests.slack.workspace import BOT_USER, Json
from tests.support.visitor import Visitor
from tests.support.waiting import wait_until

PROBLEM = "klanten kopen één keer en komen niet terug"
TAKE, LATER, GIVE_BACK = "Ik neem het over", "Later", "Terug naar het kompas"


class HandedOver:
    """One conversation, from both sides."""

    def __init__(self, team: Team, visitor: Visitor) -> None:
        self.team, self.visitor = team, visitor
        self.store = HandoverStore(team.server.messages_db)

    @property
    def handover(self) -> Handover:
        """The last hand-over of the conversation, as it is stored."""
        return self.store.of(self.visitor.conversation)[-1]

    @property
    def thread(self) -> str:
        """The ts of its post."""
        assert self.handover.ts is not None
        return self.handover.ts

    def post(self) -> Json:
        """Its post in the team's channel, as it is now."""
        (post,) = [m for m in self.team.slack.workspace.messages(REQUESTS) if m["ts"] == self.thread]
        return post

    def replies(self) -> list[Json]:
        """What the advisor posted in the thread."""
        messages = self.team.slack.workspace.messages(REQUESTS)
        return [m for m in messages if m["user"] == BOT_USER and m.get("thread_ts") == self.thread]

    def relayed(self) -> str:
        """All that the visitor and the advisor said in the thread, a line for each message."""
        blocks = (block for reply in self.replies() for block in reply["blocks"])
        return "\n".join(block["text"]["text"] for block in blocks)

    async def ask(self) -> None:
        """The visitor tells a problem and asks for a person; ends when the team's channel has it."""
        await self.visitor.start_session()
        await self.visitor.send(PROBLEM)
        await self.visitor.receive(1)
        await self.visitor.send("ik wil iemand spreken")
        await self.visitor.receive(2)
        await self.posted()

    async def posted(self) -> None:
        """Waits for the post."""
        await wait_until(lambda: self.handover.ts, 20, self.team.slack.all_calls)

    async def press(self, title: str, user: str) -> None:
        """Somebody presses a button of the post."""
        button = button_of(self.post(), title)
        await self.team.send(self.team.slack.block_action(self.post(), button["action_id"], button["value"], user=user))

    async def take(self, name: str = "Anna") -> str:
        """Somebody takes over; ends when the post shows it. Returns their id."""
        user, _ = self.team.newcomer()
        self.team.slack.workspace.names[user] = name
        await self.press(TAKE, user)
        await self.shown("live")
        return user

    async def shown(self, state: str) -> None:
        """Waits until the post shows a state, and the visitor was told."""
        await wait_until(lambda: (self.handover.shown, self.handover.told) == (state, state), 20, self._explain)

    async def write(self, text: str, user: str, **more: Any) -> Json:
        """Somebody writes in the thread; returns the event."""
        event = self.team.slack.message_event(text, channel=REQUESTS, user=user, thread_ts=self.thread)
        event["event"].update(more)
        await self.team.send(event)
        return event

    async def edit(self, event: Json, text: str) -> None:
        """A message is edited."""
        ts = event["event"]["ts"]
        edit = self.team.slack.message_event(text, channel=REQUESTS, ts=ts, subtype="message_changed")
        await self.team.send(edit)

    async def delete(self, event: Json) -> None:
        """A message is deleted."""
        ts = event["event"]["ts"]
        await self.team.send(self.team.slack.message_event("", channel=REQUESTS, ts=ts, subtype="message_deleted"))

    async def seen(self, *texts: str, timeout: float = 20) -> list[Json]:
        """What a page that opens now shows, once the last messages have these texts."""
        shown: list[Json] = []

        async def is_seen() -> bool:
            shown[:] = await self.page()
            return [message["text"] for message in shown][-len(texts) :] == list(texts)

        await _wait_for(is_seen, timeout, lambda: [message["text"] for message in shown])
        return shown

    async def page(self) -> list[Json]:
        """The messages that a page shows that opens now: revisions are applied, as the widget does."""
        shown: dict[int, Json] = {}
        stream = self.visitor.stream()
        async for event, data in stream:
            if event == "current":
                break
            if event == "message" and data.get("revises"):
                if data["sections"] and data["revises"] in shown:
                    shown[data["revises"]]["text"] = data["text"]
                else:
                    shown.pop(data["revises"], None)
            elif event == "message":
                shown[data["position"]] = data
        await stream.aclose()
        return list(shown.values())

    async def has_relayed(self, *texts: str) -> None:
        """Waits until the thread has these texts of the visitor, as its last ones and in this order."""
        lines = [f"Bezoeker: {text}" for text in texts]
        await wait_until(lambda: self.relayed().splitlines()[-len(lines) :] == lines, 30, self.relayed)

    def _explain(self) -> str:
        return f"{self.handover}\n{self.team.log[-3000:]}"


async def _wait_for(condition: Any, timeout: float, explain: Any) -> None:

    async def poll() -> None:
        while not await condition():
            await asyncio.sleep(0.02)

    try:
        await asyncio.wait_for(poll(), timeout)
    except asyncio.TimeoutError:
        raise AssertionError(f"nothing within {timeout} s: {explain()}") from None


@asynccontextmanager
async def asking(team: Team) -> AsyncIterator[HandedOver]:
    """A visitor who asked for a person."""
    async with httpx.AsyncClient(timeout=30) as client:
        handed = HandedOver(team, Visitor(client, team.server.address))
        await handed.ask()
        yield handed
