"""Requests of visitors (competitor checks and appointments), and how far the team is with each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import ConflictError
from bot.forms.fields import Kind
from bot.forms.request import Request
from bot.storage.database import Database, utc_now
from bot.storage.visits import Visit

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
    sqlite_autoincrement=True,  # numbers of deleted requests are not reused: they may still be in Slack
)

posts = sa.Table(  # where in Slack a request was posted, and its status
    "posts",
    metadata,
    sa.Column("request", sa.Integer, sa.ForeignKey("requests.number"), primary_key=True, autoincrement=False),
    sa.Column("claimed_at", sa.DateTime, nullable=False),  # UTC; by the process that posts the request
    sa.Column("place", sa.String(255)),  # channel and ts; null until posted
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("person", sa.String(255)),
    sa.Column("changed_at", sa.DateTime),  # UTC
)

visits = sa.Table(  # where visitors write: the page where they are now, and the pages of their requests
    "visits",
    metadata,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("request", sa.Integer, primary_key=True, autoincrement=False),  # its number; NOW for where they are now
    sa.Column("at", sa.DateTime, nullable=False),  # UTC
    sa.Column("visit", sa.JSON, nullable=False),
)
NOW = 0

Status = Literal["open", "taken", "done"]


@dataclass(frozen=True)
class PostState:
    """Status of a request, who of the team set it, when (UTC), and where in Slack it was posted."""

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
    visit: Visit | None = None
    """Where it was made; None for one that was not made on a website."""

    @property
    def consented_at(self) -> datetime | None:
        """When consent was given (UTC), which is when the request was stored."""
        return self.created_at if self.request.consent_text else None


class RequestStore:
    """Stores and finds requests. Every call blocks on the database and may raise StorageError."""

    def __init__(self, url: str) -> None:
        """Takes a SQLAlchemy URL."""
        self.database = Database(url, metadata)

    def add(self, request: Request) -> tuple[int, bool]:
        """Stores a request; returns its number, and whether it is new (see `Request.fingerprint`)."""
        values = {
            "kind": request.kind,
            "created_at": utc_now(),
            "due": request.due,
            "language": request.language,
            "phase": request.phase,
            "conversation": request.conversation,
            "fields": dict(request.fields),
            "consent_text": request.consent_text,
            "fingerprint": request.fingerprint,
        }
        try:
            with self.database.transaction() as connection:
                number = int(connection.execute(requests.insert().values(values)).inserted_primary_key[0])
                _keep_visit(connection, request.conversation, number)
                return number, True
        except ConflictError:
            query = sa.select(requests.c.number).where(requests.c.fingerprint == request.fingerprint)
            with self.database.transaction() as connection:
                return int(connection.execute(query).scalar_one()), False

    def all(self) -> Iterator[StoredRequest]:
        """All requests, the oldest first."""
        with self.database.transaction() as connection:
            for row in connection.execute(SELECT.order_by(requests.c.number)).mappings():
                yield _stored(row)

    def get(self, number: int) -> StoredRequest:
        """One request. Raises KeyError if there is none with that number."""
        with self.database.transaction() as connection:
            row = connection.execute(SELECT.where(requests.c.number == number)).mappings().first()
        if row is None:
            raise KeyError(number)
        return _stored(row)

    def of(self, conversation: str) -> list[StoredRequest]:
        """The requests made in a conversation, the oldest first."""
        query = sa.select(requests).where(requests.c.conversation == conversation).order_by(requests.c.number)
        with self.database.transaction() as connection:
            return [_stored(row) for row in connection.execute(query).mappings()]

    def to_post(self, younger_than: timedelta, claimed_for: timedelta) -> list[StoredRequest]:
        """Requests that are not posted yet, and not claimed by a process within `claimed_for`."""
        now = utc_now()
        posted_or_claimed = sa.select(posts.c.request).where(
            posts.c.place.is_not(None) | (posts.c.claimed_at > now - claimed_for)
        )
        query = SELECT.where(requests.c.created_at > now - younger_than, requests.c.number.not_in(posted_or_claimed))
        with self.database.transaction() as connection:
            return [_stored(row) for row in connection.execute(query.order_by(requests.c.number)).mappings()]

    def claim(self, number: int, claimed_for: timedelta) -> Literal["first", "again"] | None:
        """Claims a request for posting by this process.

        Returns:
            None if another process has it. "again" if an earlier claim ended without `posted`, so that the post may
            exist already.
        """
        now = utc_now()
        stale = sa.update(posts).where(
            posts.c.request == number, posts.c.place.is_(None), posts.c.claimed_at <= now - claimed_for
        )
        try:
            with self.database.transaction() as connection:
                if connection.execute(stale.values(claimed_at=now)).rowcount:
                    return "again"
                connection.execute(posts.insert().values(request=number, claimed_at=now, status="open"))
                return "first"
        except ConflictError:
            return None

    def posted(self, number: int, place: str) -> None:
        """Stores where in Slack the request was posted."""
        with self.database.transaction() as connection:
            connection.execute(sa.update(posts).where(posts.c.request == number).values(place=place))

    def release(self, number: int) -> None:
        """Releases a claim after posting failed."""
        never = datetime(1970, 1, 1)
        mine = (posts.c.request == number, posts.c.place.is_(None))
        with self.database.transaction() as connection:
            connection.execute(sa.update(posts).where(*mine).values(claimed_at=never))

    def state(self, number: int) -> PostState:
        """The team's status of a request."""
        columns = (posts.c.status, posts.c.person, posts.c.changed_at, posts.c.place)
        query = sa.select(*columns).where(posts.c.request == number)
        with self.database.transaction() as connection:
            row = connection.execute(query).first()
        return PostState(*row) if row else PostState()

    def set_status(self, number: int, status: Status, person: str) -> bool:
        """Sets the status and who did so. False if it had that status or a later one already."""
        before = {"open": (), "taken": ("open",), "done": ("open", "taken")}[status]
        change = sa.update(posts).where(posts.c.request == number, posts.c.status.in_(before))
        with self.database.transaction() as connection:
            changed = connection.execute(change.values(status=status, person=person, changed_at=utc_now())).rowcount
        return bool(changed)

    def statuses(self, since: datetime) -> list[tuple[Kind, Status]]:
        """Kind and status of each request since a moment (UTC)."""
        status = sa.func.coalesce(posts.c.status, "open")
        query = sa.select(requests.c.kind, status).outerjoin(posts).where(requests.c.created_at >= since)
        with self.database.transaction() as connection:
            return [(kind, status) for kind, status in connection.execute(query)]

    def handled_by(self, person: str) -> list[int]:
        """The numbers of the requests whose status a member of the team set last."""
        query = sa.select(posts.c.request).where(posts.c.person == person).order_by(posts.c.request)
        with self.database.transaction() as connection:
            return list(connection.execute(query).scalars())

    def forget_handler(self, person: str) -> int:
        """Removes a member of the team from requests, keeping the status; returns how many."""
        with self.database.transaction() as connection:
            change = sa.update(posts).where(posts.c.person == person).values(person=None)
            return int(connection.execute(change).rowcount)

    def note_visit(self, conversation: str, visit: Visit) -> None:
        """Stores where the visitor of a conversation is now; the campaign that led there stays."""
        try:
            with self.database.transaction() as connection:
                known = visit.after(_visit_now(connection, conversation))
                connection.execute(sa.delete(visits).where(*_now(conversation)))
                _insert_visit(connection, conversation, NOW, known)
        except ConflictError:
            pass  # another tab of the visitor has said the same at the same moment

    def visit_now(self, conversation: str) -> Visit | None:
        """Where the visitor of a conversation is."""
        with self.database.transaction() as connection:
            return _visit_now(connection, conversation)

    def delete(self, numbers: Collection[int]) -> int:
        """Deletes requests with their status and visit; returns how many."""
        return self._delete(requests.c.number.in_(numbers), visits.c.request.in_(numbers))

    def delete_of(self, conversation: str) -> int:
        """Deletes the requests and visits of a conversation; returns how many requests."""
        return self._delete(requests.c.conversation == conversation, visits.c.conversation == conversation)

    def delete_visits(self, conversations: Collection[str]) -> None:
        """Deletes where the visitors of conversations were."""
        with self.database.transaction() as connection:
            connection.execute(sa.delete(visits).where(visits.c.conversation.in_(conversations)))

    def delete_before(self, moment: datetime) -> int:
        """Deletes requests and visits of before a moment (UTC), whatever their status; returns how many requests."""
        return self._delete(requests.c.created_at < moment, visits.c.at < moment)

    def _delete(self, which: Any, which_visits: Any) -> int:
        with self.database.transaction() as connection:
            mine = posts.c.request.in_(sa.select(requests.c.number).where(which))
            connection.execute(sa.delete(posts).where(mine))
            connection.execute(sa.delete(visits).where(which_visits))
            return int(connection.execute(sa.delete(requests).where(which)).rowcount)


SELECT = sa.select(requests, visits.c.visit).outerjoin(
    visits, (visits.c.request == requests.c.number) & (visits.c.conversation == requests.c.conversation)
)


def _now(conversation: str) -> tuple[Any, ...]:
    return visits.c.conversation == conversation, visits.c.request == NOW


def _visit_now(connection: Connection, conversation: str) -> Visit | None:
    found = connection.execute(sa.select(visits.c.visit).where(*_now(conversation))).scalar()
    return msgspec.convert(found, Visit) if found else None


def _keep_visit(connection: Connection, conversation: str, number: int) -> None:
    """Keeps where the visitor is now as where a request was made."""
    visit = _visit_now(connection, conversation)
    if visit:
        _insert_visit(connection, conversation, number, visit)


def _insert_visit(connection: Connection, conversation: str, request: int, visit: Visit) -> None:
    content = msgspec.to_builtins(visit)
    connection.execute(visits.insert().values(conversation=conversation, request=request, at=utc_now(), visit=content))


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
    visit = msgspec.convert(row["visit"], Visit) if row["visit"] else None
    return StoredRequest(row["number"], row["created_at"], request, visit)
