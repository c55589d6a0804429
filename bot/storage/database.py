"""Database engines and transactions: SQLite by default, PostgreSQL for several servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot.errors import ConflictError, StorageError

CONNECT_TIMEOUT = 5
"""Seconds to wait for a connection, or for another writer to finish."""
POOL_SIZE = 32
"""Connections per engine: asyncio runs at most 32 threads, and PostgreSQL starts a process for each connection."""


class Database:
    """One database with the tables of one store. Tables are created on first use.

    Example:
        >>> database = Database("sqlite://", sa.MetaData())
        >>> with database.transaction() as connection:
        ...     connection.execute(sa.select(sa.literal(1))).scalar()
        1
    """

    def __init__(self, url: str, metadata: sa.MetaData, *, durable: bool = True) -> None:
        """Opens no connection yet.

        Args:
            url: SQLAlchemy URL.
            metadata: Tables and indexes of the store.
            durable: See `engine`.
        """
        self.engine = engine(url, durable=durable)
        self._metadata = metadata
        self._has_tables = False
        self._creation = Lock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end of the block.

        Raises:
            ConflictError: A unique key exists already.
            StorageError: The database failed.
        """
        with _storage_errors():
            with self._creation:
                if not self._has_tables:
                    create_tables(self._metadata, self.engine)
                    self._has_tables = True
            with self.engine.begin() as connection:
                yield connection

    def checkpoint(self, *, compact: bool = False) -> None:
        """Removes deleted rows from the files of SQLite; does nothing on other databases.

        Connections overwrite what they delete (secure_delete), but the write-ahead log keeps older pages until it is
        truncated. A write lock is held meanwhile: about a second for 100 MB.

        Args:
            compact: Also rewrite the file, for rows that were deleted before secure_delete was on.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with _storage_errors(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if compact:
                connection.execute(sa.text("VACUUM"))
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))


def engine(url: str, *, durable: bool = True) -> Engine:
    """The engine of a SQLAlchemy URL: one per process, usable from any thread.

    A commit survives the end of the process. On SQLite it survives a power failure too if `durable`, which costs a
    millisecond; PostgreSQL has its own setting for that. Errors do not contain parameters, which hold visitors' texts.

    Raises:
        sqlalchemy.exc.ArgumentError: The URL is malformed.
    """
    return _engine(url, durable or make_url(url).get_backend_name() != "sqlite")


@lru_cache(maxsize=32)
def _engine(url: str, durable: bool) -> Engine:
    database = make_url(url)
    options: dict[str, Any] = {"future": True, "hide_parameters": True}
    options |= {"json_serializer": to_json, "json_deserializer": msgspec.json.decode}
    if database.get_backend_name() == "sqlite":
        if database.database:
            options["poolclass"] = QueuePool  # the default pool reopens the file for each connection
        # A commit waits for the disk in a worker thread, not in the event loop.
        arguments = {"check_same_thread": False, "timeout": CONNECT_TIMEOUT}
        created = sa.create_engine(url, connect_args=arguments, **options)
        sa.event.listen(created, "connect", partial(_configure_sqlite, "FULL" if durable else "NORMAL"))
        return created
    # A lost server is detected within seconds, a restarted one is reconnected to.
    arguments = {"connect_timeout": CONNECT_TIMEOUT}
    if database.get_backend_name() == "postgresql":
        arguments |= {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
        arguments |= {"tcp_user_timeout": 10_000}
    return sa.create_engine(
        url, pool_pre_ping=True, pool_size=POOL_SIZE, pool_timeout=CONNECT_TIMEOUT, connect_args=arguments, **options
    )


def to_json(data: Any) -> str:
    """Plain data as JSON.

    Raises:
        TypeError: The data is not JSON-serialisable.
    """
    return msgspec.json.encode(data).decode()


def utc_now() -> datetime:
    """The present time in UTC, naive as the databases store it."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def create_tables(metadata: sa.MetaData, database: Engine) -> None:
    """Creates missing tables and indexes, and the folder of a SQLite file. Safe when several servers start at once.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database failed.
        OSError: The folder could not be created.
    """
    if database.dialect.name == "sqlite" and database.url.database:
        Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    objects = len(metadata.tables) + sum(len(table.indexes) for table in metadata.tables.values())
    for attempt in range(objects + 1):
        try:
            _create(metadata, database)
            return
        except (OperationalError, ProgrammingError, IntegrityError) as error:
            # Another thread or server creates the same tables, and each of them may get one object ahead.
            is_conflict = "already exists" in str(error.orig)
            if attempt == objects or (attempt and not is_conflict):
                raise


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise ConflictError(str(error.orig)) from error
    except SQLAlchemyError as error:
        raise StorageError(str(getattr(error, "orig", None) or error)) from error
    except OSError as error:
        raise StorageError(str(error)) from error


def _create(metadata: sa.MetaData, database: Engine) -> None:
    metadata.create_all(database)
    for table in metadata.tables.values():
        for index in table.indexes:  # of tables of an earlier version
            index.create(database, checkfirst=True)


def _configure_sqlite(synchronous: str, connection: Any, _: object) -> None:
    """Lets readers run beside a writer, and overwrites deleted rows."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA secure_delete=ON")
