"""Hand-overs: conversations of visitors that a person of the team is asked for, or has.

A hand-over goes from `waiting` (a visitor asked for a person) by `late` (nobody came within the time promised) to
`live` (somebody took it) and `ended`. Each change is one UPDATE that names the states it may come from, so that of two
people, or two servers, one wins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from bot.errors import ConflictError
from bot.knowledge import Language
from bot.storage.database import Database, utc_now

State = Literal["waiting", "late", "live", "ended"]
Reason = Literal["given_back", "idle", "nobody"]
"""Why a hand-over ended."""

NEVER = datetime(1970, 1, 1)
"""`claimed_at` of a hand-over that nobody serves, and whose last call may have reached Slack."""

metadata = sa.MetaData()
handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("conversation", sa.String(255), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),  # UTC, as all times
    sa.Column("active_at", sa.DateTime, nullable=False),  # when the team last said something
    sa.Column("taken_at", sa.DateTime),
    sa.Column("taken_ts", sa.String(32)),  # the same by Slack's clock, to tell which messages came after it
    sa.Column("taken_by", sa.String(32)),  # id of a user in Slack
    sa.Column("first_name", sa.String(80)),
    sa.Column("ended_at", sa.DateTime),
    sa.Column("reason", sa.String(10)),
    sa.Column("told", sa.String(10), nullable=False),  # the state that the visitor was told
    sa.Column("channel", sa.String(32)),  # of the post in Slack; null until posted
    sa.Column("ts", sa.String(32)),
    sa.Column("posted", sa.Integer),  # position of the last message in the post
    sa.Column("shown", sa.String(10)),  # the state that the post shows
    sa.Column("relayed", sa.Integer, nullable=False),  # position of the last message that Slack has
    sa.Column("claimed_at", sa.DateTime),  # by the server that calls Slack now
    sa.Index("handovers_by_thread", "channel", "ts"),
    sa.Index("handovers_by_conversation", "conversation"),
    sqlite_autoincrement=True,  # numbers of deleted hand-overs are not reused: they may still be in Slack
)
_NOT_ENDED = handovers.c.state != "ended"
sa.Index(
    "handovers_one_at_a_time",
    handovers.c.conversation,
    unique=True,
    sqlite_where=_NOT_ENDED,
    postgresql_where=_NOT_ENDED,
)
SELECT_LIVE = sa.select(handovers.c.number).where(
    handovers.c.conversation == sa.bindparam("conversation_"), handovers.c.state == "live"
)
"""A statement of every turn, built once."""


@dataclass(frozen=True)
class Handover:
    """One hand-over; the columns of the table."""

    number: int
    conversation: str
    language: Language
    state: State
    asked_at: datetime
    active_at: datetime
    taken_at: datetime | None
    taken_ts: str | None
    taken_by: str | None
    first_name: str | None
    ended_at: datetime | None
    reason: Reason | None
    told: State
    channel: str | None
    ts: str | None
    posted: int | None
    shown: State | None
    relayed: int
    claimed_at: datetime | None

    @property
    def notice_id(self) -> str:
        """The message_id of what the visitor is told about its state, so that he is told once."""
        return f"handover {self.number} {self.state}"


class HandoverStore:
    """Stores and finds hand-overs. Every call blocks on the database and may raise StorageError."""

    def __init__(self, url: str) -> None:
        """Takes a SQLAlchemy URL."""
        self.database = Database(url, metadata)

    def ask(self, conversation: str, language: Language) -> tuple[Handover, bool]:
        """Asks for a person; returns the hand-over of the conversation that is not ended, and whether it is new."""
        now = utc_now()
        values = {"conversation": conversation, "language": language, "state": "waiting", "told": "waiting"}
        try:
            with self.database.transaction() as connection:
                row = {**values, "asked_at": now, "active_at": now, "relayed": 0}
                number = int(connection.execute(handovers.insert().values(row)).inserted_primary_key[0])
            return self.get(number), True
        except ConflictError:
            return self._select(handovers.c.conversation == conversation, _NOT_ENDED)[0], False

    def get(self, number: int) -> Handover:
        """One hand-over. Raises KeyError if there is none with that number."""
        found = self._select(handovers.c.number == number)
        if not found:
            raise KeyError(number)
        return found[0]

    def of(self, conversation: str) -> list[Handover]:
        """All hand-overs of a conversation, the oldest first."""
        return self._select(handovers.c.conversation == conversation)

    def in_thread(self, channel: str, ts: str) -> Handover | None:
        """The hand-over that was posted at a place in Slack."""
        found = self._select(handovers.c.channel == channel, handovers.c.ts == ts)
        return found[0] if found else None

    def is_live(self, conversation: str) -> bool:
        """Whether a person has the conversation."""
        with self.database.transaction() as connection:
            return connection.execute(SELECT_LIVE, {"conversation_": conversation}).first() is not None

    def touch(self, number: int) -> bool:
        """Puts off the end of a live hand-over. False if it is not live."""
        return self._change(number, ("live",), active_at=utc_now())

    def take(self, number: int, user: str, first_name: str, ts: str) -> bool:
        """Gives the conversation to a person. False if another has it, or it has ended.

        Args:
            number: Of the hand-over.
            user: Their id in Slack.
            first_name: What the visitor reads.
            ts: The moment by Slack's clock.
        """
        now = utc_now()
        person = {"taken_by": user, "first_name": first_name, "taken_at": now, "taken_ts": ts, "active_at": now}
        return self._change(number, ("waiting", "late"), state="live", **person)

    def postpone(self, number: int) -> bool:
        """Records that nobody has time now. False if it is not waiting."""
        return self._change(number, ("waiting",), state="late")

    def give_back(self, number: int) -> bool:
        """Ends a live hand-over. False if it is not live."""
        return self._change(number, ("live",), state="ended", reason="given_back", ended_at=utc_now())

    def lose(self, number: int) -> bool:
        """Ends a hand-over whose post is gone. False if it has ended already."""
        return self._change(number, ("waiting", "late", "live"), state="ended", reason="idle", ended_at=utc_now())

    def expire(self, wait: timedelta, idle: timedelta) -> None:
        """Makes late what waits longer than `wait`, and ends that in which the team said nothing for `idle`."""
        now = utc_now()
        waits = (handovers.c.state == "waiting", handovers.c.asked_at <= now - wait)
        is_idle = handovers.c.active_at <= now - idle
        with self.database.transaction() as connection:
            change = sa.update(handovers)
            connection.execute(change.where(*waits).values(state="late"))
            ended = {"state": "ended", "ended_at": now}
            connection.execute(change.where(handovers.c.state == "late", is_idle).values(**ended, reason="nobody"))
            connection.execute(change.where(handovers.c.state == "live", is_idle).values(**ended, reason="idle"))

    def to_tell(self) -> list[Handover]:
        """Hand-overs whose visitor has not been told their state."""
        return self._select(handovers.c.told != handovers.c.state)

    def set_told(self, number: int, state: State) -> None:
        """Records that the visitor was told a state."""
        with self.database.transaction() as connection:
            connection.execute(sa.update(handovers).where(handovers.c.number == number).values(told=state))

    def live(self) -> list[Handover]:
        """Hand-overs that a person has."""
        return self._select(handovers.c.state == "live")

    def to_serve(self) -> list[int]:
        """The numbers of hand-overs of which Slack may lack something: those that are not ended, or not shown so."""
        unfinished = _NOT_ENDED | (handovers.c.ts.is_not(None) & (handovers.c.shown != "ended"))
        query = sa.select(handovers.c.number).where(unfinished).order_by(handovers.c.number)
        with self.database.transaction() as connection:
            return list(connection.execute(query).scalars())

    def claim(self, number: int, claimed_for: timedelta) -> tuple[Handover, bool] | None:
        """Claims a hand-over for one call of Slack by this process.

        Returns:
            The hand-over, and whether an earlier call may have reached Slack without being recorded. None if another
            process calls, or the hand-over is gone.
        """
        now = utc_now()
        this, free = handovers.c.number == number, handovers.c.claimed_at.is_(None)
        with self.database.transaction() as connection:
            claim = sa.update(handovers).values(claimed_at=now)
            is_first = connection.execute(claim.where(this, free)).rowcount
            stale = handovers.c.claimed_at <= now - claimed_for
            if not is_first and not connection.execute(claim.where(this, stale)).rowcount:
                return None
            row = connection.execute(sa.select(handovers).where(this)).mappings().one()
        return Handover(**row), not is_first

    def release(self, claimed: Handover, *, uncertain: bool = False, **done: object) -> bool:
        """Ends a claim.

        Args:
            claimed: What `claim` returned.
            uncertain: Whether the call may have reached Slack although it failed.
            done: The columns that follow from a call that succeeded.

        Returns:
            False if another process took over the claim meanwhile, since this one took too long.
        """
        mine = (handovers.c.number == claimed.number, handovers.c.claimed_at == claimed.claimed_at)
        change = sa.update(handovers).where(*mine).values(claimed_at=NEVER if uncertain else None, **done)
        with self.database.transaction() as connection:
            return bool(connection.execute(change).rowcount)

    def taken_by(self, user: str) -> list[int]:
        """The numbers of the hand-overs that a member of the team took."""
        query = sa.select(handovers.c.number).where(handovers.c.taken_by == user).order_by(handovers.c.number)
        with self.database.transaction() as connection:
            return list(connection.execute(query).scalars())

    def forget_taker(self, user: str) -> int:
        """Removes a member of the team from hand-overs that have ended; returns how many."""
        ended = (handovers.c.taken_by == user, handovers.c.state == "ended")
        with self.database.transaction() as connection:
            change = sa.update(handovers).where(*ended).values(taken_by=None, first_name=None)
            return int(connection.execute(change).rowcount)

    def delete(self, conversations: Collection[str]) -> int:
        """Deletes the hand-overs of conversations; returns how many."""
        return self._delete(handovers.c.conversation.in_(conversations))

    def delete_before(self, moment: datetime) -> int:
        """Deletes hand-overs that were last active before a moment (UTC); returns how many."""
        return self._delete(handovers.c.active_at < moment)

    def _change(self, number: int, before: tuple[State, ...], **values: object) -> bool:
        change = sa.update(handovers).where(handovers.c.number == number, handovers.c.state.in_(before))
        with self.database.transaction() as connection:
            return bool(connection.execute(change.values(values)).rowcount)

    def _select(self, *conditions: Any) -> list[Handover]:
        with self.database.transaction() as connection:
            rows = connection.execute(sa.select(handovers).where(*conditions).order_by("number")).mappings()
            return [Handover(**row) for row in rows]

    def _delete(self, condition: Any) -> int:
        with self.database.transaction() as connection:
            return int(connection.execute(sa.delete(handovers).where(condition)).rowcount)
