"""Pushes what is new in a conversation to every open page of its visitor."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.storage.messages import Message, MessageStore

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks into the database for what another process wrote."""

HEARTBEAT = 15.0
"""Seconds of silence after which a sign of life is sent, so that proxies keep the connection open."""


@dataclass(frozen=True)
class Event:
    """What a page is told: a message; that it has all there is; whether the advisor is writing; or a sign of life."""

    kind: Literal["message", "current", "typing", "heartbeat"]
    message: Message | None = None
    typing: bool = False


class Page:
    """One open page of a visitor."""

    def __init__(self, position: int) -> None:
        self.changed = asyncio.Event()
        self.position = position


class Streams:
    """The open pages of all conversations in this process."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store
        self._pages: defaultdict[str, set[Page]] = defaultdict(set)
        self._typing: Counter[str] = Counter()
        self._closed = False

    async def follow(self, conversation: str, position: int) -> AsyncGenerator[Event, None]:
        """All messages after `position`, and then whatever comes; ends when the server stops."""
        page, typing, current = Page(position), False, False
        self._pages[conversation].add(page)
        try:
            while not self._closed:
                page.changed.clear()
                for message in await asyncio.to_thread(self._store.after, conversation, page.position):
                    page.position = message.position
                    yield Event("message", message=message)
                if not current:
                    current = True
                    yield Event("current")
                if typing != self.is_typing(conversation):
                    typing = not typing
                    yield Event("typing", typing=typing)
                try:
                    await asyncio.wait_for(page.changed.wait(), HEARTBEAT)
                except asyncio.TimeoutError:
                    yield Event("heartbeat")
        finally:
            pages = self._pages[conversation]
            pages.discard(page)
            if not pages:
                del self._pages[conversation]

    def wake(self, conversation: str) -> None:
        """Lets the pages of a conversation look for what is new."""
        for page in self._pages.get(conversation, ()):
            page.changed.set()

    def is_typing(self, conversation: str) -> bool:
        """Whether an answer is being made."""
        return self._typing[conversation] > 0

    def open_pages(self, conversation: str) -> int:
        """How many pages show a conversation."""
        return len(self._pages.get(conversation, ()))

    @contextlib.contextmanager
    def typing(self, conversation: str) -> Iterator[None]:
        """Shows that the advisor is writing, for as long as the block takes."""
        self._typing[conversation] += 1
        self.wake(conversation)
        try:
            yield
        finally:
            self._typing[conversation] -= 1
            if not self._typing[conversation]:
                del self._typing[conversation]
            self.wake(conversation)

    async def watch(self) -> None:
        """Wakes pages when another process wrote something for them. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if not self._pages:
                continue
            try:
                newest = await asyncio.to_thread(self._store.last_positions, list(self._pages))
            except Exception as error:  # the next time it may work
                logger.warning("Looking for what other servers wrote failed: %s", error)
                continue
            for conversation, position in newest.items():
                if any(page.position < position for page in self._pages.get(conversation, ())):
                    self.wake(conversation)

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        for conversation in list(self._pages):
            self.wake(conversation)
