"""Keeps requests in a database: SQLite by default, any SQLAlchemy URL by configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.forms.dialogue import Kind
from bot.storage.database import create_tables, engine

metadata = sa.MetaData()
requests = sa.Table(
    "requests",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),  # UTC
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("phase", sa.String(10)),
    sa.Column("conversation", sa.String(255), nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("consent_text", sa.Text),
    sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
    sqlite_autoincrement=True,  # the number of a deleted request is not given again: it may stand in Slack
)

posts = sa.Table(  # where the team was told of a request, and what they did with it
    "posts",
    metadata,
    sa.Column("request", sa.Integer, sa.ForeignKey("requests.number"), primary_key=True, autoincrement=False),
    sa.Column("claimed_at", sa.DateTime, nullable=False),  # UTC; by the process that posts it
    sa.Column("place", sa.String(255)),  # null until it stands there
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("person", sa.String(255)),
    sa.Column("changed_at", sa.DateTime),  # UTC
)

Status = Literal["open", "taken", "done"]


@dataclass(frozen=True)
class Request:
    """A request as it is to be stored. `fields` are what the visitor filled in."""

    kind: Kind
    conversation: str
    language: str
    phase: str | None
    fields: Mapping[str, str]
    due: date
    consent_text: str | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same request of the same conversation: a repeated confirmation is no second one."""
        same = json.dumps([self.kind, self.conversation, dict(self.fields)], sort_keys=True)
        return hashlib.sha256(same.encode()).hexdigest()

    @property
    def consent_version(self) -> str | None:
        """Names the text that was agreed to: another text, another version."""
        return hashlib.sha256(self.consent_text.encode()).hexdigest()[:8] if self.consent_text else None


@dataclass(frozen=True)
class PostState:
    """How far the team is with a request, who said so last, when (UTC), and where in Slack it stands."""

    status: Status = "open"
    person: str | None = None
    changed_at: datetime | None = None
    place: str | None = None


@dataclass(frozen=True)
class StoredRequest:
    """A request with its number and time (UTC)."""

    number: int
    created_at: datetime
    request: Request

    @property
    def consented_at(self) -> datetime | None:
        """When it was agreed to keep the details (UTC): nothing is stored before that, and all at once then."""
        return self.created_at if self.request.consent_text else None


class IntakeStore:
    """Stores and lists requests. The table is made on first use."""

    def __init__(self, url: str) -> None:
        """Raises sqlalchemy.exc.SQLAlchemyError or OSError if the database cannot be reached."""
        self._engine: Engine = engine(url)
        create_tables(metadata, self._engine)

    def add(self, request: Request) -> tuple[int, bool]:
        """Stores a request; returns its number, and whether it is new. On disk when this returns.

        Raises sqlalchemy.exc.SQLAlchemyError if it could not be stored.
        """
        values = {
            "kind": request.kind,
            "created_at": _now(),
            "due": request.due,
            "language": request.language,
            "phase": request.phase,
            "conversation": request.conversation,
            "fields": dict(request.fields),
            "consent_text": request.consent_text,
            "fingerprint": request.fingerprint,
        }
        try:
            with self._engine.begin() as connection:
                return int(connection.execute(requests.insert().values(values)).inserted_primary_key[0]), True
        except IntegrityError:
            query = sa.select(requests.c.number).where(requests.c.fingerprint == request.fingerprint)
            with self._engine.connect() as connection:
                return int(connection.execute(query).scalar_one()), False

    def all(self) -> Iterator[StoredRequest]:
        """All requests, the oldest first."""
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(requests).order_by(requests.c.number)).mappings():
                yield _stored(row)

    def get(self, number: int) -> StoredRequest:
        """One request. Raises KeyError if there is none with that number."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(requests).where(requests.c.number == number)).mappings().first()
        if row is None:
            raise KeyError(number)
        return _stored(row)

    def to_post(self, younger_than: timedelta, claimed_for: timedelta) -> list[StoredRequest]:
        """Requests that the team was not told of: nobody is at it, or has been longer than `claimed_for`."""
        now = _now()
        posted_or_claimed = sa.select(posts.c.request).where(
            posts.c.place.is_not(None) | (posts.c.claimed_at > now - claimed_for)
        )
        query = sa.select(requests).where(
            requests.c.created_at > now - younger_than, requests.c.number.not_in(posted_or_claimed)
        )
        with self._engine.connect() as connection:
            return [_stored(row) for row in connection.execute(query.order_by(requests.c.number)).mappings()]

    def claim(self, number: int, claimed_for: timedelta) -> Literal["first", "again"] | None:
        """Takes it upon this process to post a request; None if another one has it.

        "again": somebody claimed it before and did not say that it was posted, so it may stand there all the same.
        """
        now = _now()
        stale = sa.update(posts).where(
            posts.c.request == number, posts.c.place.is_(None), posts.c.claimed_at <= now - claimed_for
        )
        try:
            with self._engine.begin() as connection:
                if connection.execute(stale.values(claimed_at=now)).rowcount:
                    return "again"
                connection.execute(posts.insert().values(request=number, claimed_at=now, status="open"))
                return "first"
        except IntegrityError:
            return None

    def posted(self, number: int, place: str) -> None:
        """Notes where the team was told."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(posts).where(posts.c.request == number).values(place=place))

    def release(self, number: int) -> None:
        """Gives a claim back, since posting failed."""
        never = datetime(1970, 1, 1)
        mine = (posts.c.request == number, posts.c.place.is_(None))
        with self._engine.begin() as connection:
            connection.execute(sa.update(posts).where(*mine).values(claimed_at=never))

    def state(self, number: int) -> PostState:
        """How far the team is with a request."""
        columns = (posts.c.status, posts.c.person, posts.c.changed_at, posts.c.place)
        query = sa.select(*columns).where(posts.c.request == number)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return PostState(*row) if row else PostState()

    def set_status(self, number: int, status: Status, person: str) -> bool:
        """Notes who took or finished a request; False if somebody did already: it never goes back."""
        before = {"open": (), "taken": ("open",), "done": ("open", "taken")}[status]
        change = sa.update(posts).where(posts.c.request == number, posts.c.status.in_(before))
        with self._engine.begin() as connection:
            changed = connection.execute(change.values(status=status, person=person, changed_at=_now())).rowcount
        return bool(changed)

    def statuses(self, since: datetime) -> list[tuple[Kind, Status]]:
        """Kind and status of each request since a moment (UTC)."""
        status = sa.func.coalesce(posts.c.status, "open")
        query = sa.select(requests.c.kind, status).outerjoin(posts).where(requests.c.created_at >= since)
        with self._engine.connect() as connection:
            return [(kind, status) for kind, status in connection.execute(query)]

    def handled_by(self, person: str) -> list[int]:
        """The numbers of the requests that somebody of the team took or finished last."""
        query = sa.select(posts.c.request).where(posts.c.person == person).order_by(posts.c.request)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def forget_handler(self, person: str) -> int:
        """Forgets that somebody of the team handled requests; returns how many. Their status stays."""
        with self._engine.begin() as connection:
            change = sa.update(posts).where(posts.c.person == person).values(person=None)
            return int(connection.execute(change).rowcount)

    def delete(self, numbers: Collection[int]) -> int:
        """Deletes requests, with what the team did about them; returns how many."""
        return self._delete(requests.c.number.in_(numbers))

    def delete_before(self, moment: datetime) -> int:
        """Deletes requests that were made before a moment (UTC), done or not; returns how many."""
        return self._delete(requests.c.created_at < moment)

    def _delete(self, which: Any) -> int:
        with self._engine.begin() as connection:
            mine = posts.c.request.in_(sa.select(requests.c.number).where(which))
            connection.execute(sa.delete(posts).where(mine))
            return int(connection.execute(sa.delete(requests).where(which)).rowcount)


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _stored(row: Mapping[str, Any]) -> StoredRequest:
    request = Request(
        kind=row["kind"],
        conversation=row["conversation"],
        language=row["language"],
        phase=row["phase"],
        fields=row["fields"],
        due=row["due"],
        consent_text=row["consent_text"],
    )
    return StoredRequest(row["number"], row["created_at"], request)


@lru_cache(maxsize=4)
def intake_store(url: str) -> IntakeStore:
    """The store of a database URL; one engine a process."""
    return IntakeStore(url)
