"""Messages as the visitor sees them: what was said, in order, with the advisor's answers and the visitor's votes.

Rasa's tracker store is the second record of a conversation: it decides what to do next, this one shows a conversation
again and guarantees that no message is lost (docs/decisions).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.advice.answer import FROM_TEAM, Answer
from bot.errors import ConflictError, UnknownMessageError
from bot.storage import visitor_text
from bot.storage.database import Database, utc_now

T = TypeVar("T")
Vote = Literal["up", "down"]
Reason = Literal["misunderstood", "not_fitting", "unclear", "known"]
"""Why an answer did not help."""

MAX_ATTEMPTS = 30
"""Attempts to number a message when others of the same conversation are stored at the same time."""

metadata = sa.MetaData()
messages = sa.Table(
    "messages",
    metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, ... in each conversation
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
    sa.Column("text", sa.Text),  # what the visitor typed, or the title of the button
    sa.Column("payload", sa.Text),  # of the button
    sa.Column("message_id", sa.String(64)),  # given by whoever sends it, for de-duplication
    sa.Column("answered", sa.Boolean),  # null for answers
    sa.Column("answer", sa.JSON(none_as_null=True)),  # Answer.as_json
    sa.Column("reply_to", sa.Integer),  # position of the message that it answers; of a revision, that it replaces
    sa.Column("vote", sa.String(4)),
    sa.UniqueConstraint("conversation", "message_id"),
)
vote_reasons = sa.Table(  # a table of its own, so that databases of earlier versions need no change
    "vote_reasons",
    metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),  # of the answer
    sa.Column("reason", sa.String(20)),
    sa.Column("comment", sa.Text),  # what the visitor typed
)
_HAS_REASON = sa.and_(
    vote_reasons.c.conversation == messages.c.conversation, vote_reasons.c.position == messages.c.position
)
_WITH_REASONS = sa.select(messages, vote_reasons.c.reason, vote_reasons.c.comment).select_from(
    messages.outerjoin(vote_reasons, _HAS_REASON)
)
_UNANSWERED = messages.c.answered.is_(False)
# Every server looks for unanswered messages every few seconds: a partial index of a handful of rows.
sa.Index("messages_waiting", messages.c.at, sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)


# Statements of every turn are built once: building one takes SQLAlchemy three times as long as running it.
_IN_CONVERSATION = messages.c.conversation == sa.bindparam("conversation_")
_AT_POSITION = messages.c.position == sa.bindparam("position_")
SELECT_BY_ID = sa.select(messages).where(_IN_CONVERSATION, messages.c.message_id == sa.bindparam("message_id_"))
SELECT_LAST_POSITION = sa.select(sa.func.max(messages.c.position)).where(_IN_CONVERSATION)
INSERT = messages.insert()
MARK_ANSWERED = sa.update(messages).where(_IN_CONVERSATION, _AT_POSITION).values(answered=True)
SELECT_BEFORE_TURN = (
    sa.select(messages)
    .where(
        _IN_CONVERSATION,
        sa.or_(
            messages.c.reply_to == sa.bindparam("position_"),
            sa.and_(
                messages.c.position < sa.bindparam("position_"), _UNANSWERED, messages.c.at > sa.bindparam("since")
            ),
        ),
    )
    .order_by("position")
)


@dataclass(frozen=True)
class Message:
    """One message. Of a visitor: text, message_id, and payload for a button. Of the advisor or the team: answer, vote.

    A message of the team may be a revision: it tells open pages that the message at `revises` was edited or deleted.
    """

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
    reason: Reason | None = None
    comment: str | None = None

    @property
    def revises(self) -> int | None:
        """The position of the message of the team that this one replaces; without sections it was deleted."""
        return self.reply_to if self.answer and self.answer.about == FROM_TEAM else None


class MessageStore:
    """Stores and finds messages. Every call blocks on the database and may raise StorageError."""

    def __init__(self, url: str) -> None:
        """Takes a SQLAlchemy URL."""
        self.database = Database(url, metadata)

    def add_user_message(
        self, conversation: str, text: str, message_id: str, payload: str | None = None
    ) -> tuple[Message, bool]:
        """Stores a visitor's message. Returns it, and whether it is new: a message_id counts once per conversation."""
        return self._add_once(conversation, message_id, {"text": text, "payload": payload, "answered": False})

    def add_notice(self, conversation: str, answer: Answer, message_id: str) -> tuple[Message, bool]:
        """Stores what the advisor or the team says unasked; returns it, and whether it is new."""
        message, is_new = self._add_once(conversation, message_id, {"answer": answer.as_json()})
        return replace(message, answer=answer) if is_new else message, is_new

    def has(self, conversation: str, message_id: str) -> bool:
        """Whether a message with this id is stored."""
        same_id = {"conversation_": conversation, "message_id_": message_id}
        with self.database.transaction() as connection:
            return connection.execute(SELECT_BY_ID, same_id).first() is not None

    def revise(self, conversation: str, message_id: str, answer: Answer) -> bool:
        """Replaces what the team said earlier. Pages are told by a revision: a message at the end that points to it.

        Args:
            conversation: Id of the conversation.
            message_id: Of the message that was edited or deleted.
            answer: What it says now; without sections it was deleted, and its place is taken by the revision.

        Returns:
            False if there is no such message, or it says this already.
        """

        def revise(connection: Connection) -> bool:
            same_id = {"conversation_": conversation, "message_id_": message_id}
            known = connection.execute(SELECT_BY_ID, same_id).mappings().first()
            earlier = _message(known) if known else None
            if earlier is None or earlier.answer is None or earlier.revises or earlier.answer == answer:
                return False
            values = {"answer": answer.as_json(), "reply_to": earlier.position}
            added = self._insert(connection, conversation, values)  # before deleting, so that its position is new
            this, revision = (
                (_of(conversation), messages.c.position == position) for position in (earlier.position, added.position)
            )
            others = (_of(conversation), messages.c.reply_to == earlier.position, messages.c.position < added.position)
            connection.execute(sa.delete(messages).where(*others))
            if answer.sections:
                connection.execute(sa.update(messages).where(*this).values(answer=values["answer"]))
            else:
                connection.execute(sa.delete(messages).where(*this))
                # When Slack repeats the event of the deleted message, that is known.
                connection.execute(sa.update(messages).where(*revision).values(message_id=message_id))
            return True

        return self._with_next_position(revise)

    def _add_once(self, conversation: str, message_id: str, values: Mapping[str, Any]) -> tuple[Message, bool]:
        values = {**values, "message_id": message_id}
        same_id = {"conversation_": conversation, "message_id_": message_id}
        conflicts = 0

        def add(connection: Connection) -> tuple[Message, bool]:
            nonlocal conflicts
            known = connection.execute(SELECT_BY_ID, same_id).mappings().first() if conflicts else None
            conflicts += 1  # `add` is called again after a conflict, of the position or of the message_id
            return (_message(known), False) if known else (self._insert(connection, conversation, values), True)

        return self._with_next_position(add)

    def add_answers(
        self, conversation: str, answers: Collection[Answer], reply_to: int | None = None, *, mark_answered: bool = True
    ) -> list[Message]:
        """Stores answers to the message at position `reply_to`, or unprompted ones.

        Args:
            conversation: Id of the conversation.
            answers: In the order in which they are shown.
            reply_to: Position of the visitor's message.
            mark_answered: False if delivery may still fail: then `mark_answered` has to be called after it.
        """
        values = [answer.as_json() for answer in answers]

        def add(connection: Connection) -> list[Message]:
            added = [
                replace(self._insert(connection, conversation, {"answer": value, "reply_to": reply_to}), answer=answer)
                for answer, value in zip(answers, values, strict=True)
            ]
            if reply_to is not None and mark_answered:
                _mark_answered(connection, conversation, reply_to)
            return added

        return self._with_next_position(add)

    def mark_answered(self, conversation: str, position: int) -> None:
        """Records that a visitor's message has been answered."""
        with self.database.transaction() as connection:
            _mark_answered(connection, conversation, position)

    def is_answered(self, conversation: str, position: int) -> bool:
        """Whether a visitor's message has been answered."""
        query = sa.select(messages.c.answered).where(_of(conversation), messages.c.position == position)
        with self.database.transaction() as connection:
            return bool(connection.execute(query).scalar())

    def before_turn(self, conversation: str, position: int, max_age: timedelta) -> tuple[list[Message], list[Message]]:
        """What a turn has to know before it answers the message at a position.

        Returns:
            The visitor's earlier unanswered messages in order, and the answers that this message has already.
        """
        values = {"conversation_": conversation, "position_": position, "since": utc_now() - max_age}
        with self.database.transaction() as connection:
            found = [_message(row) for row in connection.execute(SELECT_BEFORE_TURN, values).mappings()]
        return [m for m in found if m.position < position], [m for m in found if m.position > position]

    def answers_to(self, conversation: str, position: int) -> list[Message]:
        """The answers to the message at a position."""
        return self._select(_of(conversation), messages.c.reply_to == position)

    def after(self, conversation: str, position: int) -> list[Message]:
        """The messages of a conversation after a position, in order."""
        return self._select(_of(conversation), messages.c.position > position)

    def answers_in(self, conversation: str) -> list[Answer]:
        """All answers of a conversation, in order."""
        found = self._select(_of(conversation), messages.c.answer.is_not(None))
        return [message.answer for message in found if message.answer]

    def last_positions(self, conversations: Collection[str]) -> Mapping[str, int]:
        """The last position of each of these conversations that has any message."""
        query = (
            sa.select(messages.c.conversation, sa.func.max(messages.c.position))
            .where(messages.c.conversation.in_(conversations))
            .group_by(messages.c.conversation)
        )
        with self.database.transaction() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def unanswered(self, max_age: timedelta, prefix: str, min_age: timedelta = timedelta(0)) -> list[Message]:
        """Unanswered messages of one chat channel, whose conversation ids begin with `prefix`; the oldest first."""
        in_channel = (_UNANSWERED, messages.c.conversation.startswith(prefix, autoescape=True))
        age = (messages.c.at > utc_now() - max_age, messages.c.at <= utc_now() - min_age)
        return self._select(*in_channel, *age, order_by="at")

    def count_questions(self, since: datetime) -> tuple[int, int]:
        """The number of conversations with a visitor's message since a moment (UTC), and of those messages."""
        counted = (sa.func.count(messages.c.conversation.distinct()), sa.func.count())
        query = sa.select(*counted).where(messages.c.at >= since, messages.c.text.is_not(None))
        with self.database.transaction() as connection:
            conversations, questions = connection.execute(query).one()
        return int(conversations), int(questions)

    def answers_since(self, since: datetime) -> Iterator[Message]:
        """All answers since a moment (UTC)."""
        query = sa.select(messages).where(messages.c.at >= since, messages.c.answer.is_not(None))
        with self.database.transaction() as connection:
            for row in connection.execute(query).mappings():
                yield _message(row)

    def answer_and_question(self, conversation: str, position: int) -> tuple[Answer, str] | None:
        """The answer at a position and the text of the question before it; None if there is no answer."""
        with self.database.transaction() as connection:
            at_position = sa.select(messages).where(_of(conversation), messages.c.position == position)
            row = connection.execute(at_position).mappings().first()
            found = _message(row) if row else None
            if found is None or found.answer is None:
                return None
            return found.answer, (_question_before(connection, found) or found).text or ""

    def set_vote(
        self,
        conversation: str,
        position: int,
        vote: Vote | None,
        reason: Reason | None = None,
        comment: str | None = None,
    ) -> None:
        """Stores the visitor's vote on an answer and why, in place of an earlier one; None removes it.

        Raises:
            UnknownMessageError: There is no answer at that position.
        """
        answer = (_of(conversation), messages.c.position == position, messages.c.answer.is_not(None))
        with self.database.transaction() as connection:
            if not connection.execute(sa.update(messages).where(*answer).values(vote=vote)).rowcount:
                raise UnknownMessageError(position)
            at = {"conversation": conversation, "position": position}
            connection.execute(sa.delete(vote_reasons).filter_by(**at))
            if reason or comment:
                connection.execute(vote_reasons.insert(), {**at, "reason": reason, "comment": comment})

    def votes(self) -> Iterator[tuple[Message, Message | None]]:
        """All answers with a vote, each with the visitor's message before it."""
        query = _WITH_REASONS.where(messages.c.vote.is_not(None)).order_by(messages.c.at)
        with self.database.transaction() as connection:
            for row in connection.execute(query).mappings().all():
                answer = _message(row)
                yield answer, _question_before(connection, answer)

    def user_texts(self) -> Iterator[tuple[str, str]]:
        """(conversation, text) for everything that visitors typed; a text may come more than once."""
        query = sa.select(messages.c.conversation, messages.c.text, messages.c.answer)
        with self.database.transaction() as connection:
            for conversation, text, answer in connection.execution_options(stream_results=True).execute(query):
                for typed in (text or "", *visitor_text.in_answer(answer or {})):
                    yield conversation, typed
        with self.database.transaction() as connection:
            commented = sa.select(vote_reasons.c.conversation, vote_reasons.c.comment)
            for conversation, comment in connection.execute(commented):
                yield conversation, comment or ""

    def conversations(self) -> set[str]:
        """The ids of all conversations."""
        with self.database.transaction() as connection:
            return set(connection.execute(sa.select(messages.c.conversation.distinct())).scalars())

    def delete(self, conversations: Collection[str]) -> int:
        """Deletes conversations; returns the number of messages."""
        return self._delete(messages.c.conversation.in_(conversations))

    def delete_of(self, conversation: str, before: int | None = None) -> int:
        """Deletes the messages of a conversation, or those before a position; returns how many."""
        conditions = [_of(conversation), *([] if before is None else [messages.c.position < before])]
        return self._delete(sa.and_(*conditions))

    def delete_before(self, moment: datetime) -> int:
        """Deletes messages older than a moment (UTC); returns how many."""
        return self._delete(messages.c.at < moment)

    def _select(self, *conditions: Any, order_by: str = "position") -> list[Message]:
        with self.database.transaction() as connection:
            rows = connection.execute(_WITH_REASONS.where(*conditions).order_by(messages.c[order_by])).mappings()
            return [_message(row) for row in rows]

    def _delete(self, condition: Any) -> int:
        with self.database.transaction() as connection:
            deleted = int(connection.execute(sa.delete(messages).where(condition)).rowcount)
            connection.execute(sa.delete(vote_reasons).where(~sa.exists().where(_HAS_REASON)))
            return deleted

    def _with_next_position(self, add: Callable[[Connection], T]) -> T:
        """Runs `add` in a transaction; again if another writer took the position or the message_id meanwhile."""
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                with self.database.transaction() as connection:
                    return add(connection)
            except ConflictError:
                time.sleep(random.random() / 100)  # jitter, so that the same writers do not collide again
        with self.database.transaction() as connection:
            return add(connection)

    def _insert(self, connection: Connection, conversation: str, values: Mapping[str, Any]) -> Message:
        last = connection.execute(SELECT_LAST_POSITION, {"conversation_": conversation}).scalar_one() or 0
        row = {"conversation": conversation, "position": last + 1, "at": utc_now(), **values}
        connection.execute(INSERT, row)
        return Message(**{**row, "answer": None})


def _mark_answered(connection: Connection, conversation: str, position: int) -> None:
    connection.execute(MARK_ANSWERED, {"conversation_": conversation, "position_": position})


def _of(conversation: str) -> Any:
    return messages.c.conversation == conversation


def _question_before(connection: Connection, answer: Message) -> Message | None:
    before = (_of(answer.conversation), messages.c.position < answer.position, messages.c.text.is_not(None))
    query = sa.select(messages).where(*before).order_by(messages.c.position.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return _message(row) if row else None


def _message(row: Mapping[str, Any]) -> Message:
    answer = row.get("answer")
    return Message(**{**row, "answer": Answer.from_json(answer) if answer else None})
