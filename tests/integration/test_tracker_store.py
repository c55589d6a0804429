"""Rasa's record of conversations on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.errors import StorageError
from bot.rasa_adapter.tracker_store import RECENT, ConversationTrackerStore
from bot.storage.database import create_tables
from tests.support.databases import Postgres

DOMAIN = Domain.from_yaml("""
version: "3.1"
intents: [tell]
slots:
  phase: {type: text, mappings: [{type: custom}]}
  topic: {type: text, mappings: [{type: custom}]}
forms: {check_form: {required_slots: []}}
actions: [action_advise]
""")


def turn(number: int) -> list[Event]:
    """The events of a turn that sets a slot."""
    parsed = {"intent": {"name": "tell", "confidence": 1.0}, "entities": [], "text": f"message {number}"}
    said = UserUttered(f"message {number}", parsed["intent"], [], parsed)
    return [
        said,
        ActionExecuted("action_advise"),
        SlotSet("phase", f"phase {number}"),
        BotUttered(f"answer {number}", {"buttons": [{"payload": "/x"}]}),
        ActionExecuted("action_listen"),
    ]


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ConversationTrackerStore:
    """A store."""
    url = f"sqlite:///{tmp_path}/c.db" if request.param == "sqlite" else request.getfixturevalue("postgres").url
    made = ConversationTrackerStore(url, DOMAIN)
    with made.database.transaction() as connection:
        connection.execute(sa.text("DELETE FROM events"))
    return made


async def say(store: ConversationTrackerStore, number: int, sender: str = "talk") -> DialogueStateTracker:
    """One turn, as Rasa does it: retrieve, add, save."""
    tracker = await store.get_or_create_tracker(sender)
    tracker.update_with_events(turn(number), DOMAIN)
    await store.save(tracker)
    return tracker


async def test_a_conversation_comes_back_as_it_was_said(store: ConversationTrackerStore) -> None:
    tracker = await store.get_or_create_tracker("talk", append_action_listen=False)
    tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], DOMAIN)
    await store.save(tracker)
    for number in range(3):
        said = await say(store, number)
    back = await store.retrieve("talk")
    assert back is not None
    assert list(back.events) == list(said.events)
    assert back.get_slot("phase") == "phase 2"
    assert back.latest_message == said.latest_message
    assert await store.retrieve("another") is None
    assert list(await store.keys()) == ["talk"]


async def test_saving_twice_stores_once(store: ConversationTrackerStore) -> None:
    tracker = await say(store, 1)
    await store.save(tracker)
    full = await store.retrieve_full_tracker("talk")
    assert full is not None
    assert len(full.events) == len(tracker.events)


async def test_a_long_conversation_keeps_its_slots_and_its_form(store: ConversationTrackerStore) -> None:
    tracker = await say(store, 0)
    tracker.update_with_events([SlotSet("topic", "channels"), ActiveLoop("check_form")], DOMAIN)
    await store.save(tracker)
    for number in range(1, 60):
        await say(store, number)
    back = await store.retrieve("talk")
    assert back is not None
    assert len(back.events) < RECENT + 5
    assert back.get_slot("topic") == "channels"
    assert back.get_slot("phase") == "phase 59"
    assert back.active_loop_name == "check_form"
    full = await store.retrieve_full_tracker("talk")
    assert full is not None
    assert sum(isinstance(event, UserUttered) for event in full.events) == 60


async def test_a_form_that_was_left_long_ago_stays_left(store: ConversationTrackerStore) -> None:
    tracker = await say(store, 0)
    tracker.update_with_events([ActiveLoop("check_form"), ActiveLoop(None)], DOMAIN)
    await store.save(tracker)
    for number in range(1, 30):
        await say(store, number)
    back = await store.retrieve("talk")
    assert back is not None
    assert back.active_loop_name is None


async def test_a_new_session_begins_with_what_it_carries_over(store: ConversationTrackerStore) -> None:
    tracker = await say(store, 0)
    tracker.update_with_events([SlotSet("topic", "channels"), SessionStarted(), SlotSet("phase", "do")], DOMAIN)
    await store.save(tracker)
    back = await store.retrieve("talk")
    assert back is not None
    assert (back.get_slot("phase"), back.get_slot("topic")) == ("do", None)


async def test_a_tracker_from_elsewhere_adds_only_what_is_new(store: ConversationTrackerStore) -> None:
    saved = await say(store, 0)
    other = DialogueStateTracker.from_events("talk", list(saved.events), DOMAIN.slots)
    other.update_with_events(turn(1), DOMAIN)
    await store.save(other)
    full = await store.retrieve_full_tracker("talk")
    assert full is not None
    assert len(full.events) == len(saved.events) + len(turn(1))


async def test_rasas_own_store_reads_what_ours_wrote(tmp_path: Path) -> None:
    await say(ConversationTrackerStore(f"sqlite:///{tmp_path}/c.db", DOMAIN), 7)
    rasas = SQLTrackerStore(DOMAIN, db=f"{tmp_path}/c.db")
    back = await rasas.retrieve("talk")
    assert back is not None
    assert back.get_slot("phase") == "phase 7"


async def test_connections_are_kept_however_many_threads_had_one_at_once(postgres: Postgres) -> None:
    store = ConversationTrackerStore(postgres.url, DOMAIN)
    opened: list[object] = []
    sa.event.listen(store.database.engine, "connect", lambda connection, _: opened.append(connection))
    for _ in range(3):
        held = [store.database.engine.connect() for _ in range(12)]
        for connection in held:
            connection.close()
    assert len(opened) <= 12


async def test_a_database_that_is_gone_is_an_error_and_one_that_is_back_is_used_again(postgres: Postgres) -> None:
    store = ConversationTrackerStore(postgres.url, DOMAIN)
    await say(store, 1, "outage")
    postgres.fail()
    try:
        with pytest.raises(StorageError):
            await store.retrieve("outage")
    finally:
        postgres.come_back()
    tracker = await say(store, 2, "outage")
    assert tracker.get_slot("phase") == "phase 2"
    full = await store.retrieve_full_tracker("outage")
    assert full is not None
    assert sum(isinstance(event, UserUttered) for event in full.events) == 2


async def test_waiting_for_the_disk_does_not_stop_the_event_loop(tmp_path: Path) -> None:
    store = ConversationTrackerStore(f"sqlite:///{tmp_path}/c.db", DOMAIN)
    tracker = await say(store, 1)
    writer = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    tracker.update_with_events(turn(2), DOMAIN)
    saving = asyncio.create_task(store.save(tracker))
    for _ in range(20):
        await asyncio.sleep(0.01)  # the loop runs on
    assert not saving.done()
    writer.execute("COMMIT")
    await saving


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_servers_that_start_at_once_make_the_tables_together(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/new.db" if kind == "sqlite" else request.getfixturevalue("postgres").url
    database = sa.create_engine(url, future=True)
    metadata = sa.MetaData()
    names = {f"together_{number}" for number in range(5)}
    for name in names:
        table = sa.Table(name, metadata, sa.Column("number", sa.Integer))
        sa.event.listen(table, "after_create", lambda *_, **__: time.sleep(0.02))  # lets the others get in between
    await asyncio.gather(*(asyncio.to_thread(create_tables, metadata, database) for _ in range(6)))
    assert names <= set(sa.inspect(database).get_table_names())
