"""The server as a user starts it, for tests over HTTP and in a browser, and for the benchmark."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import httpx

from tests.support.processes import HOST, Process, free_port

START_TIMEOUT = 240
"""Seconds, on a busy machine."""
SECRET = "of these tests"
"""What the sessions of visitors are signed with."""
UNLIMITED = dict.fromkeys(
    ("messages_per_minute", "messages_per_minute_per_address", "sessions_per_hour_per_address"), "1000000"
)
"""Settings without rate limits."""
STORES = ("conversations_db", "messages_db", "intake_db")
"""Settings that name a database."""


class Server(Process):
    """`python -m bot serve` with databases of its own in `folder`. May be stopped and started again.

    Example:
        >>> Server(folder, messages_per_minute="3", redis="redis://localhost")
    """

    def __init__(self, folder: Path, name: str = "server", **settings: str) -> None:
        port = free_port()
        self.netloc = f"{HOST}:{port}"
        self.address = f"http://{self.netloc}"
        databases = {store: f"sqlite:///{folder}/{store.removesuffix('_db')}.db" for store in STORES}
        self.settings = {"port": str(port), "secret": SECRET, **databases, **settings}
        environment = {f"KLANTKOMPAS_{key.upper()}": value for key, value in self.settings.items()}
        super().__init__([sys.executable, "-m", "bot", "serve"], folder / f"{name}.log", environment)

    @property
    def intake_db(self) -> str:
        """URL of the database of requests."""
        return self.settings["intake_db"]

    @property
    def messages_db(self) -> str:
        """URL of the database of messages."""
        return self.settings["messages_db"]

    def start(self) -> None:
        """Starts it and returns when it is ready."""
        self.launch()
        self.wait_ready(self._is_ready, START_TIMEOUT)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def stop(self, by: signal.Signals = signal.SIGINT) -> int | None:
        """Stops it by the signal of Ctrl-C, or another one; returns the exit code."""
        return super().stop(by)
