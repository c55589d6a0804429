"""Keeps requests in a database: SQLite by default, any SQLAlchemy URL by configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import IntegrityError

from bot.intake.forms import Kind

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
)


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


@dataclass(frozen=True)
class StoredRequest:
    """A request with its number and time (UTC)."""

    number: int
    created_at: datetime
    request: Request


class IntakeStore:
    """Stores and lists requests. The table is made on first use."""

    def __init__(self, url: str) -> None:
        """Raises sqlalchemy.exc.SQLAlchemyError or OSError if the database cannot be reached."""
        database = make_url(url)
        if database.get_backend_name() == "sqlite" and database.database:
            Path(database.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine: Engine = sa.create_engine(url, future=True)
        metadata.create_all(self._engine)

    def add(self, request: Request) -> tuple[int, bool]:
        """Stores a request; returns its number, and whether it is new. On disk when this returns.

        Raises sqlalchemy.exc.SQLAlchemyError if it could not be stored.
        """
        values = {
            "kind": request.kind,
            "created_at": datetime.now(timezone.utc).replace(tzinfo=None),
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
                request = Request(
                    kind=row["kind"],
                    conversation=row["conversation"],
                    language=row["language"],
                    phase=row["phase"],
                    fields=row["fields"],
                    due=row["due"],
                    consent_text=row["consent_text"],
                )
                yield StoredRequest(row["number"], row["created_at"], request)


@lru_cache(maxsize=4)
def intake_store(url: str) -> IntakeStore:
    """The store of a database URL; one engine a process."""
    return IntakeStore(url)
