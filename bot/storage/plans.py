"""Plans that visitors can take along, each under an address that cannot be guessed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.advice.plan import Plan
from bot.storage.database import Database, utc_now

metadata = sa.MetaData()
plans = sa.Table(
    "plans",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),  # the address is known to its owner only
    sa.Column("conversation", sa.String(255), nullable=False, index=True),
    sa.Column("created_at", sa.DateTime, nullable=False),  # UTC
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("done", sa.JSON, nullable=False),  # ids of steps
)

reminders = sa.Table(
    "plan_reminders",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
)

TOKEN_BYTES = 24


@dataclass(frozen=True)
class StoredPlan:
    """A plan with the ids of the steps that were ticked off, and its times (UTC)."""

    plan: Plan
    done: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    reminder_at: datetime | None = None
    """When the team is, or was, reminded of it."""

    @property
    def pending_reminder(self) -> datetime | None:
        """When the team will be reminded of it; None if that has been, or was not asked for."""
        return self.reminder_at if self.reminder_at and self.reminder_at > utc_now() else None


class PlanStore:
    """Stores plans. Calls block on the database and may raise StorageError."""

    def __init__(self, url: str, max_age: timedelta) -> None:
        """A plan expires after `max_age`."""
        self.database = Database(url, metadata)
        self._max_age = max_age

    def add(self, conversation: str, plan: Plan) -> str:
        """Stores a plan; returns the token of its address."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {
            "token_hash": token_hash(token),
            "conversation": conversation,
            "created_at": utc_now(),
            "plan": msgspec.to_builtins(plan),
            "done": [],
        }
        with self.database.transaction() as connection:
            connection.execute(sa.insert(plans).values(row))
        return token

    def get(self, token: str) -> StoredPlan | None:
        """The plan of a token; None for an unknown or expired one."""
        found = self._select(plans.c.token_hash == token_hash(token))
        return found[0] if found and found[0].expires_at >= utc_now() else None

    def set_done(self, token: str, step: str, *, done: bool) -> None:
        """Ticks a step off, or on again; does nothing for an unknown token or step."""
        with self.database.transaction() as connection:
            at_token = plans.c.token_hash == token_hash(token)
            # Locks the row before it is read, so that of two who tick at the same time both ticks are kept.
            connection.execute(sa.update(plans).where(at_token).values(done=plans.c.done))
            row = connection.execute(sa.select(plans.c.done).where(at_token)).first()
            if row is None:
                return
            others = [id_ for id_ in row[0] if id_ != step]
            connection.execute(sa.update(plans).where(at_token).values(done=[*others, step] if done else others))

    def set_reminder(self, token: str, at: datetime) -> None:
        """Stores when (UTC) the team is reminded of a plan, in place of an earlier time."""
        with self.database.transaction() as connection:
            connection.execute(sa.delete(reminders).where(reminders.c.token_hash == token_hash(token)))
            connection.execute(sa.insert(reminders).values(token_hash=token_hash(token), at=at))

    def of(self, conversation: str) -> list[StoredPlan]:
        """The plans that were made in a conversation, the oldest first."""
        return self._select(plans.c.conversation == conversation)

    def delete(self, conversations: Collection[str]) -> int:
        """Deletes the plans of conversations; returns how many."""
        return self._delete(plans.c.conversation.in_(conversations))

    def delete_before(self, moment: datetime) -> int:
        """Deletes plans made before a moment (UTC); returns how many."""
        return self._delete(plans.c.created_at < moment)

    def _select(self, condition: object) -> list[StoredPlan]:
        joined = plans.outerjoin(reminders, plans.c.token_hash == reminders.c.token_hash)
        query = sa.select(plans, reminders.c.at).select_from(joined).where(condition).order_by(plans.c.created_at)
        with self.database.transaction() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            StoredPlan(
                msgspec.convert(row["plan"], Plan),
                tuple(row["done"]),
                row["created_at"],
                row["created_at"] + self._max_age,
                row["at"],
            )
            for row in rows
        ]

    def _delete(self, condition: object) -> int:
        with self.database.transaction() as connection:
            deleted = sa.select(plans.c.token_hash).where(condition)
            connection.execute(sa.delete(reminders).where(reminders.c.token_hash.in_(deleted)))
            return int(connection.execute(sa.delete(plans).where(condition)).rowcount)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
