"""A tracker store on SQLite or PostgreSQL whose turns cost the same however long a conversation is.

Rasa's SQLTrackerStore reads all events of a session at every turn, in the event loop, and its FailSafeTrackerStore
continues in memory when the database fails. This one reads the last events plus the latest slot values, in a thread,
and raises on database errors. Rasa's store can read what it wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from bot.storage.database import to_json
from bot.storage.tracker_events import events, events_database

RECENT = 60
"""Events that a turn reads (about seven turns); of older ones only the latest slot values and the active form."""
RANKED = 5
"""Intents of a message's ranking that are stored."""

# Statements of every turn are built once: building one takes SQLAlchemy three times as long as running it.
_OF = events.c.sender_id == sa.bindparam("sender")
SELECT_ALL = sa.select(events.c.id, events.c.type_name, events.c.action_name, events.c.data).where(_OF)
SELECT_ALL = SELECT_ALL.order_by(events.c.id.desc())
SELECT_RECENT = SELECT_ALL.limit(RECENT)
INSERT = events.insert()

_BEFORE = (_OF, events.c.id < sa.bindparam("before"))
SELECT_SESSION = sa.select(sa.func.max(events.c.id)).where(*_BEFORE, events.c.type_name == "session_started")
_LASTING = (events.c.id > sa.bindparam("session"), events.c.type_name.in_(["slot", "active_loop"]))
# Slot events are grouped by slot; all events of forms are one group, since only one form is active at a time.
_GROUP = sa.case((events.c.type_name == "slot", events.c.action_name), else_=None)
_LATEST = sa.select(sa.func.max(events.c.id)).where(*_BEFORE, *_LASTING).group_by(events.c.type_name, _GROUP)
SELECT_LATEST = sa.select(events.c.data).where(events.c.id.in_(_LATEST)).order_by(events.c.id)


class Tracker(DialogueStateTracker):
    """A tracker that knows which of its events the database has."""

    stored_events: int | None = None
    """How many; None for a tracker that was not retrieved from the database."""


class ConversationTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Stores trackers in the events table. Every method raises StorageError when the database fails."""

    def __init__(self, host: str, domain: Domain | None = None, event_broker: EventBroker | None = None) -> None:
        """`host` is a SQLAlchemy URL (Rasa passes the `url` of endpoints.yml by this name)."""
        self.database = events_database(host)
        super().__init__(domain, event_broker)

    def init_tracker(self, sender_id: str) -> Tracker:
        """A new, empty tracker."""
        return Tracker(sender_id, self.domain.slots, max_event_history=self.max_event_history)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker with the recent events and the latest slots and form; None for a new conversation."""
        return await asyncio.to_thread(self._retrieve, sender_id)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The tracker with all events."""
        return await asyncio.to_thread(self._retrieve, conversation_id, full=True)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Stores the new events."""
        if self.event_broker is not None:
            await self.stream_events(tracker)
        await asyncio.to_thread(self._save, tracker)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""

        def read() -> list[str]:
            with self.database.transaction() as connection:
                return list(connection.execute(sa.select(events.c.sender_id.distinct())).scalars())

        return await asyncio.to_thread(read)

    def _retrieve(self, sender_id: str, full: bool = False) -> DialogueStateTracker | None:
        with self.database.transaction() as connection:
            rows = connection.execute(SELECT_ALL if full else SELECT_RECENT, {"sender": sender_id}).all()
            if not rows:
                return None
            rows.reverse()
            earlier: Sequence[str] = ()
            if not full:
                start = _start(rows)
                rows = rows[start:]
                if start or len(rows) == RECENT:
                    earlier = _latest_slots_and_form(connection, sender_id, rows[0])
        known = [_event(data) for data in (*earlier, *(row.data for row in rows))]
        tracker = Tracker.from_events(sender_id, known, self.domain.slots)
        tracker.stored_events = len(tracker.events)
        return tracker

    def _save(self, tracker: DialogueStateTracker) -> None:
        with self.database.transaction() as connection:
            stored = getattr(tracker, "stored_events", None)
            if stored is None:
                count = sa.select(sa.func.count()).where(events.c.sender_id == tracker.sender_id)
                stored = connection.execute(count).scalar_one()
            rows = [_row(tracker.sender_id, event) for event in list(tracker.events)[stored:]]
            if rows:
                connection.execute(INSERT, rows)
        tracker.stored_events = len(tracker.events)


def _start(rows: Sequence[Any]) -> int:
    """Index of the first event to replay: the start of the latest session, else the start of a turn."""
    for index in range(len(rows) - 1, -1, -1):
        if rows[index].type_name == "session_started":
            return index
    if len(rows) < RECENT:
        return 0
    return next((i for i, row in enumerate(rows) if row.action_name == "action_listen"), 0)


def _latest_slots_and_form(connection: Connection, sender_id: str, first: Any) -> list[str]:
    """The events before `first` that set each slot and the active form last, in the same session."""
    if first.type_name == "session_started":  # action_session_start carries the slots over
        return []
    values = {"sender": sender_id, "before": first.id}
    session = connection.execute(SELECT_SESSION, values).scalar_one() or 0
    return list(connection.execute(SELECT_LATEST, {**values, "session": session}).scalars())


def _event(data: str) -> Event:
    return Event.from_parameters(msgspec.json.decode(data))


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    parsed = data.get("parse_data") or {}
    if "intent_ranking" in parsed:
        ranking = parsed["intent_ranking"][:RANKED]
        likely = {intent["name"] for intent in ranking}
        below = {name: subs[:RANKED] for name, subs in (parsed.get("sub_intents") or {}).items() if name in likely}
        near = (parsed.get("exchanges") or [])[:RANKED]
        data["parse_data"] = {**parsed, "intent_ranking": ranking, "sub_intents": below, "exchanges": near}
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": (parsed.get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": to_json(data),
    }
