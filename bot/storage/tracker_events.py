"""The events table of Rasa's SQL tracker store, which bot/rasa_adapter/tracker_store.py reads and writes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa

from bot.storage import visitor_text
from bot.storage.database import Database

metadata = sa.MetaData()
events = sa.Table(  # the same columns as rasa.core.tracker_store.SQLTrackerStore.SQLEvent, so that Rasa can read it
    "events",
    metadata,
    sa.Column("id", sa.Integer, sa.Sequence("events_seq", optional=True), primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),  # the conversation
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float),  # seconds since 1970
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),  # JSON
)


def events_database(url: str) -> Database:
    """The database of the events table.

    Not durable against a power failure on SQLite: messages and requests are, and this is derived from them.
    """
    return Database(url, metadata, durable=False)


class TrackerEvents:
    """Finds and deletes tracker events for retention and data subject requests. Calls block on the database."""

    def __init__(self, url: str) -> None:
        self.database = events_database(url)

    def user_texts(self) -> Iterator[tuple[str, str]]:
        """(conversation, text) for everything that visitors typed; a text may come more than once."""
        with_text = events.c.type_name.in_(["user", "slot", "bot"])
        query = sa.select(events.c.sender_id, events.c.data).where(with_text)
        with self.database.transaction() as connection:
            for conversation, data in connection.execution_options(stream_results=True).execute(query):
                for text in visitor_text.in_event(json.loads(data)):
                    yield conversation, text

    def conversations(self) -> set[str]:
        """The ids of all conversations."""
        with self.database.transaction() as connection:
            return set(connection.execute(sa.select(events.c.sender_id.distinct())).scalars())

    def of(self, conversation: str) -> list[dict[str, Any]]:
        """The events of a conversation in order."""
        query = sa.select(events.c.data).where(events.c.sender_id == conversation).order_by(events.c.id)
        with self.database.transaction() as connection:
            return [json.loads(data) for data in connection.execute(query).scalars()]

    def delete(self, conversations: Collection[str]) -> int:
        """Deletes conversations; returns the number of events."""
        with self.database.transaction() as connection:
            return int(connection.execute(sa.delete(events).where(events.c.sender_id.in_(conversations))).rowcount)

    def delete_before(self, moment: datetime) -> int:
        """Deletes events older than a moment (UTC); returns the number of events.

        The current session of a conversation is kept whole, since Rasa replays it: it is deleted when its last event
        is old enough.
        """
        before = moment.replace(tzinfo=timezone.utc).timestamp()
        last = sa.func.max(events.c.timestamp)
        ended = sa.select(events.c.sender_id).group_by(events.c.sender_id).having(last < before)
        other = events.alias()
        session = sa.select(sa.func.max(other.c.id)).where(
            other.c.sender_id == events.c.sender_id, other.c.type_name == "session_started"
        )
        earlier = (events.c.timestamp < before, events.c.id < session.scalar_subquery())
        with self.database.transaction() as connection:
            conversations = connection.execute(sa.delete(events).where(events.c.sender_id.in_(ended))).rowcount
            sessions = connection.execute(sa.delete(events).where(*earlier)).rowcount
        return int(conversations + sessions)
