"""The results of a run, and the targets they are checked against."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Optional

import psutil
from pydantic import BaseModel

from bench.load import Turn, p50, p95


class Machine(BaseModel):
    """The machine. `memory` in GB; `load` is the one-minute load average just before the run."""

    cpu: str
    cores: int
    memory: float
    kernel: str
    python: str
    rasa: str
    load: float

    @classmethod
    def this(cls) -> Machine:
        """This machine, now."""
        return cls(
            cpu=_cpu_model(),
            cores=psutil.cpu_count() or 1,
            memory=psutil.virtual_memory().total / 1e9,
            kernel=f"{platform.system()} {platform.release()}",
            python=platform.python_version(),
            rasa=version("rasa"),
            load=psutil.getloadavg()[0],
        )


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


class Latency(BaseModel):
    """Percentiles of the duration of turns, in milliseconds."""

    p50: float
    p95: float
    turns: int

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Latency:
        """The latency of these turns."""
        seconds = [turn.seconds for turn in turns]
        return cls(p50=p50(seconds), p95=p95(seconds), turns=len(turns))


class Start(BaseModel):
    """Seconds of each start; memory (MB) just after it and after all turns, by process; size of the model (MB)."""

    seconds: list[float]
    memory: dict[str, float]
    memory_after: dict[str, float] = {}
    model: float

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)


class FullStore(BaseModel):
    """Latency with an empty store and with so many conversations in it; size of the store in megabytes."""

    conversations: int
    megabytes: float
    empty: Latency
    full: Latency


class Throughput(BaseModel):
    """Turns per second behind a proxy, and the cores that each part used on average."""

    per_second: float
    workers: float
    stores: float
    proxy: float
    load: float

    @property
    def cores(self) -> float:
        """Cores used by all parts."""
        return self.workers + self.stores + self.proxy + self.load


class Workers(BaseModel):
    """Two workers against one, and whether each message is in the events table exactly once afterwards."""

    at_once: int
    one: Throughput
    two: Throughput
    sent: int
    answered: int
    lost: int
    doubled: int

    @property
    def ratio(self) -> float:
        """Turns per second of two workers / one."""
        return self.two.per_second / self.one.per_second

    @property
    def nothing_lost(self) -> bool:
        """Whether every message was answered and stored exactly once."""
        return self.answered == self.sent and not self.lost and not self.doubled


class Target(BaseModel):
    """A bound for a measured value; `also` is a further condition."""

    what: str
    measured: Optional[float]
    at_most: Optional[float] = None
    at_least: Optional[float] = None
    also: bool = True

    @property
    def wanted(self) -> str:
        """The bound in words."""
        return f"at most {self.at_most:.2f}" if self.at_most is not None else f"at least {self.at_least:.2f}"

    @property
    def verdict(self) -> str:
        """Whether the target was met, as the page shows it."""
        if self.measured is None:
            return "not measured"
        low_enough = self.at_most is None or self.measured <= self.at_most
        high_enough = self.at_least is None or self.measured >= self.at_least
        return "pass" if low_enough and high_enough and self.also else "**fail**"


class Results(BaseModel):
    """All results of one run, by name of the bot.

    Attributes:
        turns: Latency of turns of one sender at a time.
        turns_apart: Median latency of ours / stock, batch by batch.
        throughput: Turns per second by number of concurrent senders.
        load_share: Share of a core that the load generator used, at most.
        growth: Median latency (ms) by number of the turn in a long conversation.
    """

    measured_on: date
    quick: bool
    minutes: float = 0
    machine: Machine
    epochs: int
    messages: int
    starts: dict[str, Start]
    turns: dict[str, Latency]
    turns_apart: list[float]
    throughput: dict[str, dict[int, float]]
    load_share: float
    growth: dict[str, dict[int, float]]
    growth_conversations: int
    filled: FullStore
    workers: Optional[Workers]
    unanswered: dict[str, int]
    asked: dict[str, int]

    @property
    def targets(self) -> list[Target]:
        """The targets of the project."""
        growth = self.growth["ours"]
        workers = self.workers
        return [
            Target(what="p50 of a turn, ours / stock", measured=self.ratio(self.turns_p50), at_most=0.2),
            Target(what="turns a second at 32 senders, ours / stock", measured=self.at_once_ratio(32), at_least=5),
            Target(what="start-up, ours / stock", measured=self.ratio(self.start_seconds), at_most=0.5),
            Target(what="p50 of turn 200 / turn 10, ours", measured=growth[200] / growth[10], at_most=1.5),
            Target(
                what="turns a second, two workers / one, with nothing lost",
                measured=workers.ratio if workers else None,
                at_least=1.7,
                also=workers.nothing_lost if workers else True,
            ),
        ]

    @property
    def turns_p50(self) -> dict[str, float]:
        """Median latency (ms) of each bot."""
        return {name: times.p50 for name, times in self.turns.items()}

    @property
    def start_seconds(self) -> dict[str, float]:
        """Median start-up time of each bot."""
        return {name: start.median for name, start in self.starts.items()}

    def at_once_ratio(self, at_once: int) -> float:
        """Turns per second of ours / stock."""
        return self.ratio({name: rates[at_once] for name, rates in self.throughput.items()})

    @staticmethod
    def ratio(values: Mapping[str, float]) -> float:
        """The value of ours / stock."""
        return values["ours"] / values["stock"]
