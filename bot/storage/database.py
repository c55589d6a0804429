"""Engines for the databases: SQLite by default, PostgreSQL for several servers."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import QueuePool

PATIENCE = 5
"""Seconds to wait for a connection, or for another writer."""
THREADS = 32
"""That asyncio has at most, each with a connection of its own. PostgreSQL starts a process for one, so keep them."""


def engine(url: str, flushed: bool = True) -> Engine:
    """The engine of a SQLAlchemy URL; one a process. May be used from any thread.

    A commit outlives the process, however that ends. On SQLite it outlives a power cut too, unless it need not be
    `flushed`, which saves a millisecond; PostgreSQL has settings of its own for that.
    Parameters are kept out of errors, since they hold what visitors said. Raises sqlalchemy.exc.ArgumentError for a
    URL that is none.
    """
    return _engine(url, flushed or make_url(url).get_backend_name() != "sqlite")


@lru_cache(maxsize=32)
def _engine(url: str, flushed: bool) -> Engine:
    database = make_url(url)
    shared: dict[str, Any] = {"future": True, "hide_parameters": True}
    shared |= {"json_serializer": as_json, "json_deserializer": msgspec.json.decode}
    if database.get_backend_name() == "sqlite":
        if database.database:
            Path(database.database).parent.mkdir(parents=True, exist_ok=True)
            shared["poolclass"] = QueuePool  # SQLAlchemy would open the file anew for each call
        # A commit waits for the disk; threads do, the event loop doesn't.
        made = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": PATIENCE}, **shared)
        sa.event.listen(made, "connect", partial(_configure_sqlite, "FULL" if flushed else "NORMAL"))
        return made
    # A server that vanished is noticed within seconds, a restarted one is connected to again.
    arguments = {"connect_timeout": PATIENCE}
    if database.get_backend_name() == "postgresql":
        arguments |= {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
        arguments |= {"tcp_user_timeout": 10_000}
    return sa.create_engine(
        url, pool_pre_ping=True, pool_size=THREADS, pool_timeout=PATIENCE, connect_args=arguments, **shared
    )


def as_json(data: Any) -> str:
    """Plain data as JSON. Raises TypeError for other data."""
    return msgspec.json.encode(data).decode()


def create_tables(metadata: sa.MetaData, database: Engine) -> None:
    """Makes the tables and indexes that are missing; several servers may do so at once.

    Raises sqlalchemy.exc.SQLAlchemyError.
    """
    try:
        _create(metadata, database)
    except (OperationalError, ProgrammingError, IntegrityError):
        _create(metadata, database)  # somebody else was faster, so now they are there; else it fails again


def _create(metadata: sa.MetaData, database: Engine) -> None:
    metadata.create_all(database)
    for table in metadata.tables.values():
        for index in table.indexes:  # of tables that were there already
            index.create(database, checkfirst=True)


def _configure_sqlite(synchronous: str, connection: Any, _: object) -> None:
    """Readers don't wait for a writer, and what is deleted is overwritten."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA secure_delete=ON")
