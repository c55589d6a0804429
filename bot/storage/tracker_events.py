"""Rasa's record of conversations, as far as finding and deleting needs it. Rasa itself makes and reads the table."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.storage import visitor_text as words
from bot.storage.database import engine

events = sa.Table(
    "events",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255)),  # the conversation
    sa.Column("type_name", sa.String(255)),
    sa.Column("timestamp", sa.Float),  # seconds since 1970
    sa.Column("data", sa.Text),  # JSON
)


class EventStore:
    """Lists and deletes events. Every call may block on the database; raises sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = engine(url)

    def typed(self) -> Iterator[tuple[str, str]]:
        """What visitors typed, and in which conversation; one text may come more than once."""
        spoken = events.c.type_name.in_(["user", "slot", "bot"])
        query = sa.select(events.c.sender_id, events.c.data).where(spoken)
        if self._is_there():
            with self._engine.connect().execution_options(stream_results=True) as connection:
                for conversation, data in connection.execute(query):
                    for text in words.in_event(json.loads(data)):
                        yield conversation, text

    def conversations(self) -> set[str]:
        """The ids of all conversations."""
        if not self._is_there():
            return set()
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(events.c.sender_id.distinct())).scalars())

    def of(self, conversation: str) -> list[dict[str, Any]]:
        """The events of a conversation, in order."""
        query = sa.select(events.c.data).where(events.c.sender_id == conversation).order_by(events.c.id)
        if not self._is_there():
            return []
        with self._engine.connect() as connection:
            return [json.loads(data) for data in connection.execute(query).scalars()]

    def delete(self, conversations: Collection[str]) -> int:
        """Deletes conversations; returns the number of events."""
        if not self._is_there():
            return 0
        with self._engine.begin() as connection:
            return int(connection.execute(sa.delete(events).where(events.c.sender_id.in_(conversations))).rowcount)

    def delete_before(self, moment: datetime) -> int:
        """Deletes what is older than a moment (UTC); returns the number of events.

        A session that goes on stays whole, since Rasa needs all of it: it goes when its last event is old enough.
        """
        if not self._is_there():
            return 0
        before = moment.replace(tzinfo=timezone.utc).timestamp()
        last = sa.func.max(events.c.timestamp)
        ended = sa.select(events.c.sender_id).group_by(events.c.sender_id).having(last < before)
        other = events.alias()
        session = sa.select(sa.func.max(other.c.id)).where(
            other.c.sender_id == events.c.sender_id, other.c.type_name == "session_started"
        )
        earlier = (events.c.timestamp < before, events.c.id < session.scalar_subquery())
        with self._engine.begin() as connection:
            whole = connection.execute(sa.delete(events).where(events.c.sender_id.in_(ended))).rowcount
            parts = connection.execute(sa.delete(events).where(*earlier)).rowcount
        return int(whole + parts)

    def _is_there(self) -> bool:
        """Whether Rasa has made the table yet."""
        return bool(sa.inspect(self._engine).has_table("events"))
