"""Keeps what visitors and the advisor said, in order, so that a chat can be shown again and nothing is lost.

Rasa keeps its own record to decide what to do next; this one is what the visitor saw.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bot.advice.answer import Answer
from bot.storage import visitor_text as words
from bot.storage.database import create_tables, engine

T = TypeVar("T")
Vote = Literal["up", "down"]

TRIES = 30
"""How often a message is numbered anew when another one of the same conversation was faster."""

metadata = sa.MetaData()
messages = sa.Table(
    "messages",
    metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, ... in each conversation
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
    sa.Column("text", sa.Text),  # what a visitor typed, or the button that was pressed
    sa.Column("payload", sa.Text),  # of that button
    sa.Column("message_id", sa.String(64)),  # that the visitor's page gave it
    sa.Column("answered", sa.Boolean),  # null for the advisor's own
    sa.Column("answer", sa.JSON(none_as_null=True)),  # what the advisor said
    sa.Column("reply_to", sa.Integer),  # the position of what it answers
    sa.Column("vote", sa.String(4)),  # the visitor's thumb under it
    sa.UniqueConstraint("conversation", "message_id"),
)
_WAITS = messages.c.answered.is_(False)
# Every server looks every few seconds for messages that nobody answered: few, so it need not look through all others.
sa.Index("messages_waiting", messages.c.at, sqlite_where=_WAITS, postgresql_where=_WAITS)


# What every turn asks is put together once: building a statement takes SQLAlchemy three times as long as running it.
_IN = messages.c.conversation == sa.bindparam("conversation_")
_AT = messages.c.position == sa.bindparam("position_")
SAME = sa.select(messages).where(_IN, messages.c.message_id == sa.bindparam("message_id_"))
LAST = sa.select(sa.func.max(messages.c.position)).where(_IN)
ADD = messages.insert()
SET_ANSWERED = sa.update(messages).where(_IN, _AT).values(answered=True)
BEFORE_ANSWERING = (
    sa.select(messages)
    .where(
        _IN,
        sa.or_(
            messages.c.reply_to == sa.bindparam("position_"),
            sa.and_(
                messages.c.position < sa.bindparam("position_"),
                _WAITS,
                messages.c.at > sa.bindparam("since"),
            ),
        ),
    )
    .order_by("position")
)


@dataclass(frozen=True)
class Message:
    """One message. Of a visitor: text and message_id, and payload for a button. Of the advisor: answer and vote."""

    conversation: str
    position: int
    at: datetime
    text: str | None = None
    payload: str | None = None
    message_id: str | None = None
    answered: bool | None = None
    answer: Answer | None = None
    reply_to: int | None = None
    vote: Vote | None = None


class UnknownMessage(Exception):
    """There is no such message of the advisor in this conversation."""


class MessageStore:
    """Stores and lists messages. Every call may block on the database; raises sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = engine(url)
        create_tables(metadata, self._engine)

    def add_visitors(
        self, conversation: str, text: str, message_id: str, payload: str | None = None
    ) -> tuple[Message, bool]:
        """Stores what a visitor said; returns it, and whether it is new: a message_id counts once."""

        values = {"text": text, "message_id": message_id, "payload": payload, "answered": False}
        same = {"conversation_": conversation, "message_id_": message_id}

        refused = False

        def add(connection: Connection) -> tuple[Message, bool]:
            nonlocal refused
            known = connection.execute(SAME, same).mappings().first() if refused else None
            refused = True  # if this is called again: a message_id that is known can't be added
            return (_message(known), False) if known else (self._add(connection, conversation, values), True)

        return self._numbered(add)

    def add_answers(
        self, conversation: str, answers: Collection[Answer], to: int | None = None, *, done: bool = True
    ) -> list[Message]:
        """Stores what the advisor said to the message at the position `to`, or unasked.

        With `done` that message is answered; else `set_answered` has to follow, once the answers have arrived.
        """

        values = [answer.as_json() for answer in answers]

        def add(connection: Connection) -> list[Message]:
            added = [
                replace(self._add(connection, conversation, {"answer": value, "reply_to": to}), answer=answer)
                for answer, value in zip(answers, values, strict=True)
            ]
            if to is not None and done:
                _set_answered(connection, conversation, to)
            return added

        return self._numbered(add)

    def set_answered(self, conversation: str, position: int) -> None:
        """Notes that a visitor's message has been answered."""
        with self._engine.begin() as connection:
            _set_answered(connection, conversation, position)

    def is_answered(self, conversation: str, position: int) -> bool:
        """Whether a visitor's message has been answered."""
        query = sa.select(messages.c.answered).where(_of(conversation), messages.c.position == position)
        with self._engine.connect() as connection:
            return bool(connection.execute(query).scalar())

    def before_answering(
        self, conversation: str, position: int, younger_than: timedelta
    ) -> tuple[list[Message], list[Message]]:
        """What to know before the visitor's message at a position is answered.

        The visitor's earlier messages that have no answer yet, in order, and what the advisor said to this one already.
        """
        asked = {"conversation_": conversation, "position_": position, "since": _now() - younger_than}
        with self._engine.connect() as connection:
            found = [_message(row) for row in connection.execute(BEFORE_ANSWERING, asked).mappings()]
        return [m for m in found if m.position < position], [m for m in found if m.position > position]

    def answers_to(self, conversation: str, position: int) -> list[Message]:
        """What the advisor said to the message at a position."""
        query = sa.select(messages).where(_of(conversation), messages.c.reply_to == position).order_by("position")
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query).mappings()]

    def _numbered(self, work: Callable[[Connection], T]) -> T:
        """Does `work` in a transaction; again if somebody else took the position or the message_id meanwhile."""
        for _ in range(TRIES - 1):
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except IntegrityError:
                time.sleep(random.random() / 100)  # else the same ones meet again
        with self._engine.begin() as connection:
            return work(connection)

    def after(self, conversation: str, position: int) -> list[Message]:
        """The messages of a conversation after a position, in order."""
        query = sa.select(messages).where(_of(conversation), messages.c.position > position).order_by("position")
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query).mappings()]

    def newest(self, conversations: Collection[str]) -> Mapping[str, int]:
        """The last position of each of these conversations that has any message."""
        query = (
            sa.select(messages.c.conversation, sa.func.max(messages.c.position))
            .where(messages.c.conversation.in_(conversations))
            .group_by(messages.c.conversation)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def unanswered(self, younger_than: timedelta, prefix: str, older_than: timedelta = timedelta(0)) -> list[Message]:
        """Messages that got no answer, for instance because the server stopped; the oldest first.

        Of the conversations of one channel: their ids begin with `prefix`.
        """
        waiting = (_WAITS, messages.c.conversation.startswith(prefix, autoescape=True))
        age = (messages.c.at > _now() - younger_than, messages.c.at <= _now() - older_than)
        query = sa.select(messages).where(*waiting, *age).order_by("at")
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query).mappings()]

    def asked(self, since: datetime) -> tuple[int, int]:
        """In how many conversations something was asked since a moment (UTC), and how often in all."""
        counted = (sa.func.count(messages.c.conversation.distinct()), sa.func.count())
        query = sa.select(*counted).where(messages.c.at >= since, messages.c.text.is_not(None))
        with self._engine.connect() as connection:
            conversations, questions = connection.execute(query).one()
        return int(conversations), int(questions)

    def answers(self, since: datetime) -> Iterator[Message]:
        """What the advisor said since a moment (UTC)."""
        query = sa.select(messages).where(messages.c.at >= since, messages.c.answer.is_not(None))
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                yield _message(row)

    def answer_at(self, conversation: str, position: int) -> tuple[Answer, str] | None:
        """An answer and the question before it; None if there is none at that position."""
        with self._engine.connect() as connection:
            here = sa.select(messages).where(_of(conversation), messages.c.position == position)
            row = connection.execute(here).mappings().first()
            found = _message(row) if row else None
            if found is None or found.answer is None:
                return None
            return found.answer, (_asked_before(connection, found) or found).text or ""

    def vote(self, conversation: str, position: int, vote: Vote | None) -> None:
        """Keeps a visitor's thumb under an answer; None takes it back. Raises UnknownMessage."""
        this = (_of(conversation), messages.c.position == position, messages.c.answer.is_not(None))
        with self._engine.begin() as connection:
            done = connection.execute(sa.update(messages).where(*this).values(vote=vote)).rowcount
        if not done:
            raise UnknownMessage(position)

    def voted(self) -> Iterator[tuple[Message, Message | None]]:
        """All answers with a thumb, each with the visitor's message before it."""
        query = sa.select(messages).where(messages.c.vote.is_not(None)).order_by("at")
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings().all():
                given = _message(row)
                yield given, _asked_before(connection, given)

    def typed(self) -> Iterator[tuple[str, str]]:
        """What visitors typed, and in which conversation; one text may come more than once."""
        query = sa.select(messages.c.conversation, messages.c.text, messages.c.answer)
        with self._engine.connect().execution_options(stream_results=True) as connection:
            for conversation, text, answer in connection.execute(query):
                for typed in (text or "", *words.in_answer(answer or {})):
                    yield conversation, typed

    def conversations(self) -> set[str]:
        """The ids of all conversations."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(messages.c.conversation.distinct())).scalars())

    def delete(self, conversations: Collection[str]) -> int:
        """Deletes conversations; returns the number of messages."""
        return self._delete(messages.c.conversation.in_(conversations))

    def delete_before(self, moment: datetime) -> int:
        """Deletes messages that are older than a moment (UTC); returns how many."""
        return self._delete(messages.c.at < moment)

    def _delete(self, which: Any) -> int:
        with self._engine.begin() as connection:
            return int(connection.execute(sa.delete(messages).where(which)).rowcount)

    def _add(self, connection: Connection, conversation: str, values: Mapping[str, Any]) -> Message:
        last = connection.execute(LAST, {"conversation_": conversation}).scalar_one() or 0
        row = {"conversation": conversation, "position": last + 1, "at": _now(), **values}
        connection.execute(ADD, row)
        return Message(**{**row, "answer": None})


def _set_answered(connection: Connection, conversation: str, position: int) -> None:
    connection.execute(SET_ANSWERED, {"conversation_": conversation, "position_": position})


def _of(conversation: str) -> Any:
    return messages.c.conversation == conversation


def _asked_before(connection: Connection, answer: Message) -> Message | None:
    """The visitor's last message before an answer."""
    before = (_of(answer.conversation), messages.c.position < answer.position, messages.c.text.is_not(None))
    query = sa.select(messages).where(*before).order_by(messages.c.position.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return _message(row) if row else None


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _message(row: Mapping[str, Any]) -> Message:
    answer = row.get("answer")
    return Message(**{**row, "answer": Answer.from_json(answer) if answer else None})


@lru_cache(maxsize=4)
def message_store(url: str) -> MessageStore:
    """The store of a database URL; one a process."""
    return MessageStore(url)
