"""Publishes the new messages of a conversation to all open pages of its visitor."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.storage.messages import Message, MessageStore

logger = logging.getLogger(__name__)

POLL_INTERVAL = 1.0
"""Seconds between queries for messages that another process stored."""

HEARTBEAT_INTERVAL = 15.0
"""Seconds without an event after which a heartbeat is sent, so that proxies keep the connection open."""


@dataclass(frozen=True)
class Event:
    """One event of a stream.

    `message` carries a message; `current` follows the last message that was stored when the stream began; `typing` says
    whether an answer is being computed; `heartbeat` carries nothing.
    """

    kind: Literal["message", "current", "typing", "heartbeat"]
    message: Message | None = None
    typing: bool = False


@dataclass(eq=False)
class Subscriber:
    """One open page of a visitor, and the position of the last message that it was sent."""

    position: int
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Streams:
    """The open streams of all conversations in this process."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store
        self._subscribers: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._typing: Counter[str] = Counter()
        self._closed = False

    async def follow(self, conversation: str, position: int) -> AsyncGenerator[Event, None]:
        """Yields all messages after `position`, then each new event; ends when the server stops.

        The first events give the full state, whatever the page showed before it connected. After position 1 of a
        conversation with two messages: `message` 2, `current`, `typing` false.
        """
        subscriber = Subscriber(position)
        typing: bool | None = None
        self._subscribers[conversation].add(subscriber)
        try:
            while not self._closed:
                subscriber.changed.clear()
                for message in await asyncio.to_thread(self._store.after, conversation, subscriber.position):
                    subscriber.position = message.position
                    yield Event("message", message=message)
                if typing is None:
                    yield Event("current")
                if typing != (now := self.is_typing(conversation)):
                    typing = now
                    yield Event("typing", typing=now)
                try:
                    await asyncio.wait_for(subscriber.changed.wait(), HEARTBEAT_INTERVAL)
                except asyncio.TimeoutError:
                    yield Event("heartbeat")
        finally:
            subscribers = self._subscribers[conversation]
            subscribers.discard(subscriber)
            if not subscribers:
                del self._subscribers[conversation]

    def wake(self, conversation: str) -> None:
        """Makes the streams of a conversation look for new messages."""
        for subscriber in self._subscribers.get(conversation, ()):
            subscriber.changed.set()

    def is_typing(self, conversation: str) -> bool:
        """Whether an answer is being computed."""
        return self._typing[conversation] > 0

    def open_pages(self, conversation: str) -> int:
        """Number of pages that show a conversation."""
        return len(self._subscribers.get(conversation, ()))

    @contextlib.contextmanager
    def typing(self, conversation: str) -> Iterator[None]:
        """Shows the typing indicator for the duration of the block."""
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
        """Wakes streams when another process stored a message for them. Runs until cancelled."""
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            if not self._subscribers:
                continue
            try:
                newest = await asyncio.to_thread(self._store.last_positions, list(self._subscribers))
            except Exception as error:  # the next query may succeed
                logger.warning("Polling for new messages failed: %s", error)
                continue
            for conversation, position in newest.items():
                if any(s.position < position for s in self._subscribers.get(conversation, ())):
                    self.wake(conversation)

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        for conversation in list(self._subscribers):
            self.wake(conversation)
