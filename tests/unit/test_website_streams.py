"""The events that open pages get."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.advice.answer import Answer, Section
from bot.chat.website import streams as module
from bot.chat.website.streams import Event, Streams
from bot.storage.messages import MessageStore

HELLO = Answer("nl", (Section(text="Hallo"),))


@pytest.fixture
def store(tmp_path: Path) -> MessageStore:
    store = MessageStore(f"sqlite:///{tmp_path}/messages.db")
    store.add_answers("a", [HELLO, HELLO])
    return store


class Listener:
    """Follows a conversation and notes the events."""

    def __init__(self, streams: Streams, position: int = 0) -> None:
        self.events: list[str] = []
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._listen(streams, position))

    async def _listen(self, streams: Streams, position: int) -> None:
        async for event in streams.follow("a", position):
            self.events.append(self._name(event))
            self._changed.set()

    def _name(self, event: Event) -> str:
        if event.message:
            return str(event.message.position)
        return f"typing {event.typing}" if event.kind == "typing" else event.kind

    async def until(self, *expected: str) -> None:
        """Waits until exactly the expected events have come."""

        async def reached() -> None:
            while self.events != list(expected):
                await self._changed.wait()
                self._changed.clear()

        try:
            await asyncio.wait_for(reached(), 5)
        except asyncio.TimeoutError:
            raise AssertionError(f"got {self.events}, expected {expected}") from None

    async def end(self) -> None:
        """Waits until the stream has ended."""
        await asyncio.wait_for(self._task, 5)


async def test_polling_continues_after_a_database_error(store: MessageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.05)
    streams, polls, last_positions = Streams(store), [], store.last_positions

    def fail_first(conversations: list[str]) -> object:
        polls.append(conversations)
        if len(polls) == 1:
            raise OperationalError("", {}, Exception("gone"))
        return last_positions(conversations)

    monkeypatch.setattr(store, "last_positions", fail_first)
    watching = asyncio.create_task(streams.watch())
    listener = Listener(streams)
    await listener.until("1", "2", "current", "typing False")
    store.add_answers("a", [HELLO])  # as another server does: without a call of wake
    await listener.until("1", "2", "current", "typing False", "3")
    assert len(polls) > 1
    watching.cancel()
    streams.close()


async def test_a_stream_sends_stored_messages_and_then_new_ones(store: MessageStore) -> None:
    streams = Streams(store)
    listener = Listener(streams)
    await listener.until("1", "2", "current", "typing False")
    store.add_answers("a", [HELLO])
    streams.wake("a")
    await listener.until("1", "2", "current", "typing False", "3")
    streams.close()
    await listener.end()


async def test_a_reconnected_page_gets_only_what_it_missed(store: MessageStore) -> None:
    streams = Streams(store)
    await Listener(streams, position=1).until("2", "current", "typing False")
    streams.close()


async def test_a_page_that_showed_dots_when_it_lost_the_server_is_told_that_nobody_types(store: MessageStore) -> None:
    """The answer was stored while the page was away: no change of `typing` follows that could put the dots out."""
    before = Streams(store)
    with before.typing("a"):
        await Listener(before, position=2).until("current", "typing True")
        before.close()
    after = Streams(store)
    await Listener(after, position=2).until("current", "typing False")
    after.close()


async def test_a_page_that_connects_while_an_answer_is_computed_is_told_so(store: MessageStore) -> None:
    streams = Streams(store)
    with streams.typing("a"):
        listener = Listener(streams, position=1)
        await listener.until("2", "current", "typing True")
    await listener.until("2", "current", "typing True", "typing False")
    streams.close()


async def test_all_pages_of_a_visitor_get_the_same_events(store: MessageStore) -> None:
    streams = Streams(store)
    one, other = Listener(streams), Listener(streams)
    for listener in (one, other):
        await listener.until("1", "2", "current", "typing False")
    assert streams.open_pages("a") == 2
    with streams.typing("a"):
        for listener in (one, other):
            await listener.until("1", "2", "current", "typing False", "typing True")
    await one.until("1", "2", "current", "typing False", "typing True", "typing False")
    streams.close()
    await one.end()
    await other.end()
    assert streams.open_pages("a") == 0


async def test_messages_stored_by_another_process_are_sent(
    store: MessageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.05)
    streams = Streams(store)
    watch = asyncio.create_task(streams.watch())
    listener = Listener(streams)
    await listener.until("1", "2", "current", "typing False")
    store.add_answers("a", [HELLO])  # without a call of wake
    await listener.until("1", "2", "current", "typing False", "3")
    watch.cancel()
    streams.close()


async def test_a_silent_stream_sends_heartbeats(store: MessageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_INTERVAL", 0.1)
    streams = Streams(store)
    await Listener(streams).until("1", "2", "current", "typing False", "heartbeat")
    streams.close()
