"""The bots that are compared, and what two workers share."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.support.databases import Postgres, RedisServer
from tests.support.processes import POLL_INTERVAL, Process, ProcessError, free_port
from tests.support.server import STORES, UNLIMITED, Server

START_TIMEOUT = 300
"""Seconds."""

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass
class Bot:
    """A bot with Rasa's REST protocol at `url`, and its processes."""

    name: str
    url: str
    processes: Sequence[Process]

    def start(self) -> float:
        """Starts it and returns the seconds until the first turn was answered.

        Raises:
            ProcessError: It did not answer.
        """
        began = time.perf_counter()
        for process in self.processes:
            process.launch()
        with httpx.Client(timeout=60) as client:
            while not self._answers(client):
                for process in self.processes:
                    process.check()
                if time.perf_counter() - began > START_TIMEOUT:
                    logs = "\n".join(process.log[-2000:] for process in self.processes)
                    raise ProcessError(f"{self.name} did not answer within {START_TIMEOUT} s:\n{logs}")
                time.sleep(POLL_INTERVAL)
        return time.perf_counter() - began

    def _answers(self, client: httpx.Client) -> bool:
        """Whether a turn gets an answer; an empty list is none."""
        try:
            turn = {"sender": uuid.uuid4().hex, "message": "Goedemorgen"}
            return bool(client.post(self.url, json=turn).raise_for_status().json())
        except (httpx.HTTPError, ValueError):
            return False

    def stop(self) -> None:
        """Returns when all its processes have ended."""
        for process in self.processes:
            process.stop()

    @property
    def memory(self) -> dict[str, float]:
        """Resident memory (MB) of its processes, by the name of their log."""
        return {process.log_file.stem: process.megabytes for process in self.processes}


def ours(folder: Path, name: str = "ours", **settings: str) -> Bot:
    """`python -m bot serve`, as `make run` does, without rate limits."""
    server = Server(folder, name, **UNLIMITED, **settings)
    return Bot(name, _rest(server.address), [server])


def stock(folder: Path, model: Path) -> Bot:
    """`rasa run` with its action server, as Rasa's documentation says, with everything as shipped."""
    port, actions = free_port(), free_port()
    credentials, endpoints = folder / "credentials.yml", folder / "endpoints.yml"
    credentials.write_text("rest:\n")
    endpoints.write_text(f'action_endpoint:\n  url: "http://127.0.0.1:{actions}/webhook"\n')
    server = _python("rasa", "run", "--model", str(model), "--interface", "127.0.0.1", "--port", str(port))
    files = ["--credentials", str(credentials), "--endpoints", str(endpoints)]
    environment = {"KLANTKOMPAS_INTAKE_DB": f"sqlite:///{folder / 'stock-requests.db'}", "SANIC_HOST": "127.0.0.1"}
    action_server = _python("rasa_sdk", "--actions", "actions", "--port", str(actions))
    processes = [
        Process([*server, *files], folder / "stock.log"),
        Process(action_server, folder / "actions.log", environment),
    ]
    return Bot("stock", _rest(f"http://127.0.0.1:{port}"), processes)


def baselines(folder: Path, model: Path) -> tuple[Bot, Bot]:
    """Lower bounds in one process: an echo, and an echo that classifies the message first."""
    port = free_port()
    process = Process(_python("bench.baseline", str(model), str(port)), folder / "limit.log")
    address = f"http://127.0.0.1:{port}"
    return Bot("echo", f"{address}/echo", []), Bot("limit", f"{address}/understand", [process])


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _rest(address: str) -> str:
    return f"{address}/webhooks/rest/webhook"


@contextmanager
def shared_stores(folder: Path) -> Iterator[tuple[dict[str, str], Sequence[psutil.Process]]]:
    """A PostgreSQL and a Redis for several workers: settings that name them, and their processes."""
    with closing(Postgres()) as postgres, closing(RedisServer(folder)) as redis:
        processes = [psutil.Process(postgres.pid), redis.process]
        yield {**dict.fromkeys(STORES, postgres.url), "redis": redis.url}, processes


@contextmanager
def proxy(
    folder: Path, program: str, backends: Mapping[str, Sequence[Bot]]
) -> Iterator[tuple[dict[str, str], Process]]:
    """One nginx in front of bots: for each name of `backends` the URL that leads to these bots, and the process."""
    routes = {
        name: (free_port(), [httpx.URL(bot.url).netloc.decode() for bot in bots]) for name, bots in backends.items()
    }
    configuration = folder / "nginx.conf"
    configuration.write_text(templates.get_template("nginx.conf.j2").render(folder=folder, routes=routes))
    process = Process([program, "-p", str(folder), "-c", str(configuration), "-e", "stderr"], folder / "nginx.log")
    process.launch()
    try:
        process.wait_ready((folder / "nginx.pid").exists, START_TIMEOUT)
        yield {name: _rest(f"http://127.0.0.1:{port}") for name, (port, _) in routes.items()}, process
    finally:
        process.stop()
