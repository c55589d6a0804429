"""What open pages are told."""

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
    """Follows a conversation and keeps what it is told."""

    def __init__(self, streams: Streams, position: int = 0) -> None:
        self.told: list[str] = []
        self._task = asyncio.create_task(self._listen(streams, position))

    async def _listen(self, streams: Streams, position: int) -> None:
        async for event in streams.follow("a", position):
            self.told.append(self._name(event))

    def _name(self, event: Event) -> str:
        if event.message:
            return str(event.message.position)
        return f"typing {event.typing}" if event.kind == "typing" else event.kind

    async def until(self, *expected: str) -> None:
        for _ in range(100):
            if self.told == list(expected):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"told {self.told}, expected {expected}")

    @property
    def ended(self) -> bool:
        return self._task.done()


async def test_a_database_that_fails_for_a_moment_does_not_end_the_looking(
    store: MessageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.05)
    streams, looks, last_positions = Streams(store), [], store.last_positions

    def fail_first(conversations: list[str]) -> object:
        looks.append(conversations)
        if len(looks) == 1:
            raise OperationalError("", {}, Exception("gone"))
        return last_positions(conversations)

    monkeypatch.setattr(store, "last_positions", fail_first)
    watching = asyncio.create_task(streams.watch())
    listener = Listener(streams)
    await listener.until("1", "2", "current")
    store.add_answers("a", [HELLO])  # as another server does: without waking anybody here
    await listener.until("1", "2", "current", "3")
    assert len(looks) > 1
    watching.cancel()
    streams.close()


async def test_a_page_hears_what_was_said_and_then_what_comes(store: MessageStore) -> None:
    streams = Streams(store)
    listener = Listener(streams)
    await listener.until("1", "2", "current")
    store.add_answers("a", [HELLO])
    streams.wake("a")
    await listener.until("1", "2", "current", "3")
    streams.close()
    await asyncio.sleep(0.1)
    assert listener.ended


async def test_a_page_that_was_away_hears_only_what_it_missed(store: MessageStore) -> None:
    streams = Streams(store)
    await Listener(streams, position=1).until("2", "current")
    streams.close()


async def test_every_page_of_a_visitor_hears_the_same(store: MessageStore) -> None:
    streams = Streams(store)
    one, other = Listener(streams), Listener(streams)
    await one.until("1", "2", "current")
    assert streams.open_pages("a") == 2
    with streams.typing("a"):
        await other.until("1", "2", "current", "typing True")
    await one.until("1", "2", "current", "typing True", "typing False")
    streams.close()
    await asyncio.sleep(0.1)
    assert streams.open_pages("a") == 0


async def test_what_another_process_writes_is_heard_too(store: MessageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.05)
    streams = Streams(store)
    watch = asyncio.create_task(streams.watch())
    listener = Listener(streams)
    await listener.until("1", "2", "current")
    store.add_answers("a", [HELLO])  # nobody calls wake
    await listener.until("1", "2", "current", "3")
    watch.cancel()
    streams.close()


async def test_silence_is_broken_by_a_sign_of_life(store: MessageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 0.1)
    streams = Streams(store)
    await Listener(streams).until("1", "2", "current", "heartbeat")
    streams.close()
