"""Processes that write a log and are stopped with all their children."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from bot.settings import ROOT

HOST = "127.0.0.1"
POLL_INTERVAL = 0.05
STOP_TIMEOUT = 30
"""Seconds, both."""


class ProcessError(Exception):
    """A process ended or was not ready in time; the message holds the end of its log."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Process:
    """A command run in the project's folder, without the settings of this installation but for its knowledge base.

    Temporary files go where the log is.
    """

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.command = command
        self.log_file = log
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name == "KLANTKOMPAS_KNOWLEDGE" or not name.startswith(("KLANTKOMPAS_", "SANIC_"))
        }
        common = {"RASA_TELEMETRY_ENABLED": "false", "TMPDIR": str(log.parent)}
        self._environment = {**inherited, **common, **(environment or {})}
        self._process: psutil.Popen | None = None

    def launch(self) -> None:
        """Starts it and returns at once."""
        atexit.register(self._kill_leftover)  # also if a fixture fails or is interrupted
        with self.log_file.open("a") as log:
            self._process = psutil.Popen(self.command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def wait_ready(self, ready: Callable[[], bool], timeout: float) -> None:
        """Returns once it is ready.

        Raises:
            ProcessError: It ended, or is not ready within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{' '.join(self.command)} is not ready after {timeout} s:\n{self.log[-2000:]}")
            time.sleep(POLL_INTERVAL)

    def check(self) -> None:
        """Raises ProcessError if it has ended."""
        if self._process is None or self._process.poll() is not None:
            raise ProcessError(f"{' '.join(self.command)} ended:\n{self.log[-2000:]}")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int | None:
        """Stops it by a signal and returns its exit code; None if it was not running."""
        if self._process is None:
            return None
        children = self._children()
        with suppress(psutil.NoSuchProcess):
            self._process.send_signal(by)
        _, remaining = psutil.wait_procs([self._process, *children], STOP_TIMEOUT)
        for process in remaining:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        code, self._process = self._process.wait(), None
        atexit.unregister(self._kill_leftover)
        return int(code)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def _kill_leftover(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def wait(self) -> None:
        """Returns when it has ended by itself."""
        self.process.wait()

    @property
    def process(self) -> psutil.Popen:
        """The running process."""
        assert self._process is not None, "launched"
        return self._process

    @property
    def pid(self) -> int:
        """The process id."""
        return int(self.process.pid)

    @property
    def log(self) -> str:
        """What it has printed."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def megabytes(self) -> float:
        """Resident memory, its children's included."""
        return sum(process.memory_info().rss for process in (self.process, *self._children())) / 1e6

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return cpu_seconds(self.process)

    def _children(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return list(self.process.children(recursive=True))
        return []


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process and its children, those that have ended included."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = member.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total
