"""A server that is started as a user starts it, for tests over HTTP and in a browser."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from bot.settings import ROOT

STARTS_WITHIN = 240
"""Seconds, on a busy machine."""


class RunningServer:
    """`python -m bot serve` with databases of its own in `folder`. May be stopped and started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        self.intake_db = f"sqlite:///{folder / 'intake.db'}"
        self.messages_db = f"sqlite:///{folder / 'messages.db'}"
        self._log = folder / "server.log"
        self._environment = {
            **os.environ,
            "KLANTKOMPAS_PORT": str(port),
            "KLANTKOMPAS_INTAKE_DB": self.intake_db,
            "KLANTKOMPAS_MESSAGES_DB": self.messages_db,
            "KLANTKOMPAS_CONVERSATIONS_DB": f"sqlite:///{folder / 'conversations.db'}",
            "KLANTKOMPAS_SECRET": "of these tests",
            **{f"KLANTKOMPAS_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server printed."""
        return self._log.read_text(encoding="utf-8")

    def start(self) -> None:
        """Returns when the server answers."""
        command = [sys.executable, "-m", "bot", "serve"]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                httpx.get(f"{self.address}/health/ready", timeout=2).raise_for_status()
                return
            except httpx.HTTPError:
                assert self._process.poll() is None, self.log
                assert time.monotonic() < deadline, self.log
                time.sleep(0.3)

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        """Stops it by a signal, that of Ctrl-C if no other is named; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(by)
        return self._process.wait(timeout=30)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
