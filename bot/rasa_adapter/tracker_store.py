"""Keeps Rasa's record of conversations: in the table of Rasa's own SQL store, but in threads and at a steady price.

Rasa reads all events of a session at every turn, on the event loop, and goes on in memory when the database is gone.
Here a turn reads the last events and what the earlier ones left behind, and a failure is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine

from bot.settings import settings
from bot.storage.database import as_json, create_tables, engine

events = SQLTrackerStore.SQLEvent.__table__

RECENT = 60
"""Events that a turn gets to see, some seven turns; of older ones just the slots and the open form that they left."""
RANKED = 5
"""Intents of a message's ranking that are kept; nobody reads the other seventy again."""

# What every turn asks is put together once: building a statement takes SQLAlchemy three times as long as running it.
_OF = events.c.sender_id == sa.bindparam("sender")
ALL = sa.select(events.c.id, events.c.type_name, events.c.action_name, events.c.data).where(_OF)
ALL = ALL.order_by(events.c.id.desc())
LAST = ALL.limit(RECENT)
ADD = events.insert()

_BEFORE = (_OF, events.c.id < sa.bindparam("before"))
SESSION = sa.select(sa.func.max(events.c.id)).where(*_BEFORE, events.c.type_name == "session_started")
_LASTING = (events.c.id > sa.bindparam("session"), events.c.type_name.in_(["slot", "active_loop"]))
# A form's events all count as one: another form, or none, takes its place.
_ABOUT = sa.case((events.c.type_name == "slot", events.c.action_name), else_=None)
_LATEST = sa.select(sa.func.max(events.c.id)).where(*_BEFORE, *_LASTING).group_by(events.c.type_name, _ABOUT)
LEFT_BEHIND = sa.select(events.c.data).where(events.c.id.in_(_LATEST)).order_by(events.c.id)


class ConversationStore(TrackerStore, SerializedTrackerAsText):
    """Rasa's tracker store on SQLite or PostgreSQL. Raises sqlalchemy.exc.SQLAlchemyError when that fails."""

    def __init__(
        self, domain: Domain | None = None, event_broker: EventBroker | None = None, host: str | None = None
    ) -> None:
        """`host`: a SQLAlchemy URL (endpoints.yml calls it `url`); by default that of the settings."""
        # What was said is flushed by the stores of messages and requests; this is what Rasa makes of it.
        self.engine: Engine = engine(host or settings().conversations_db, flushed=False)
        self._has_table = False
        super().__init__(domain, event_broker)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as its last events and what came before them left it; None if it is new."""
        return await asyncio.to_thread(self._retrieve, sender_id)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The conversation with all its events."""
        return await asyncio.to_thread(self._retrieve, conversation_id, full=True)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Stores what is new."""
        if self.event_broker is not None:
            await self.stream_events(tracker)
        await asyncio.to_thread(self._save, tracker)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""

        def read() -> list[str]:
            with self._connected() as connection:
                return list(connection.execute(sa.select(events.c.sender_id.distinct())).scalars())

        return await asyncio.to_thread(read)

    def _connected(self) -> Connection:
        """A transaction; the table is made by the first one, so that a database may come up later than we do."""
        if not self._has_table:
            create_tables(SQLTrackerStore.Base.metadata, self.engine)
            self._has_table = True
        return self.engine.begin()

    def _retrieve(self, sender_id: str, full: bool = False) -> DialogueStateTracker | None:
        with self._connected() as connection:
            rows = connection.execute(ALL if full else LAST, {"sender": sender_id}).all()
            if not rows:
                return None
            rows.reverse()
            earlier: Sequence[str] = ()
            if not full:
                cut = _cut(rows)
                rows = rows[cut:]
                if cut or len(rows) == RECENT:
                    earlier = _left_behind(connection, sender_id, rows[0])
        known = [_event(data) for data in (*earlier, *(row.data for row in rows))]
        tracker = DialogueStateTracker.from_events(sender_id, known, self.domain.slots)
        tracker.stored_events = len(tracker.events)
        return tracker

    def _save(self, tracker: DialogueStateTracker) -> None:
        with self._connected() as connection:
            stored = getattr(tracker, "stored_events", None)
            if stored is None:  # a tracker that was not retrieved here
                mine = sa.select(sa.func.count()).where(events.c.sender_id == tracker.sender_id)
                stored = connection.execute(mine).scalar_one()
            rows = [_row(tracker.sender_id, event) for event in list(tracker.events)[stored:]]
            if rows:
                connection.execute(ADD, rows)
        tracker.stored_events = len(tracker.events)


def _cut(rows: Sequence[Any]) -> int:
    """Where to begin among the last events: with the latest session, else where a turn begins."""
    for index in range(len(rows) - 1, -1, -1):
        if rows[index].type_name == "session_started":
            return index
    if len(rows) < RECENT:
        return 0
    return next((i for i, row in enumerate(rows) if row.action_name == "action_listen"), 0)


def _left_behind(connection: Connection, sender_id: str, first: Any) -> list[str]:
    """The slots and the form that a session had before the event `first`, as the events that set them last."""
    if first.type_name == "session_started":  # which carries the slots over itself
        return []
    asked = {"sender": sender_id, "before": first.id}
    session = connection.execute(SESSION, asked).scalar_one() or 0
    return list(connection.execute(LEFT_BEHIND, {**asked, "session": session}).scalars())


def _event(data: str) -> Event:
    parameters = msgspec.json.decode(data)
    return Event.resolve_by_type(parameters["event"])._from_parameters(parameters)


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    parsed = data.get("parse_data") or {}
    if "intent_ranking" in parsed:
        data["parse_data"] = {**parsed, "intent_ranking": parsed["intent_ranking"][:RANKED]}
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": (parsed.get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": as_json(data),
    }
