"""What was measured, and whether it is good enough."""

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
    """Where it was measured. `memory` in GB; `load`: processes that wanted a core just before."""

    cpu: str
    cores: int
    memory: float
    kernel: str
    python: str
    rasa: str
    load: float

    @classmethod
    def this(cls) -> Machine:
        """This one, now."""
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


class Times(BaseModel):
    """Of turns, in milliseconds."""

    p50: float
    p95: float
    turns: int

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Times:
        """Of these."""
        seconds = [turn.seconds for turn in turns]
        return cls(p50=p50(seconds), p95=p95(seconds), turns=len(turns))


class Start(BaseModel):
    """Seconds of each start; megabytes just after it and after all turns, by process; megabytes of the model."""

    seconds: list[float]
    memory: dict[str, float]
    memory_after: dict[str, float] = {}
    model: float

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


class Filled(BaseModel):
    """A turn (ms) with an empty store and with so many conversations in it; size of the store in megabytes."""

    conversations: int
    megabytes: float
    empty: Times
    full: Times


class Shared(BaseModel):
    """One worker or two behind a proxy: turns a second, and cores in use on average by whom."""

    per_second: float
    workers: float
    stores: float
    proxy: float
    load: float

    @property
    def cores(self) -> float:
        """In use by all."""
        return self.workers + self.stores + self.proxy + self.load


class Workers(BaseModel):
    """Two workers against one, and what the conversations' table says afterwards of the messages that were sent."""

    at_once: int
    one: Shared
    two: Shared
    sent: int
    answered: int
    lost: int
    doubled: int

    @property
    def ratio(self) -> float:
        """Of turns a second."""
        return self.two.per_second / self.one.per_second

    @property
    def nothing_lost(self) -> bool:
        """Every message was answered, and stands in the table exactly once."""
        return self.answered == self.sent and not self.lost and not self.doubled


class Bar(BaseModel):
    """A figure that has to be at most or at least so much."""

    what: str
    measured: Optional[float]
    at_most: Optional[float] = None
    at_least: Optional[float] = None
    also: bool = True

    @property
    def wanted(self) -> str:
        """In words."""
        return f"at most {self.at_most:.2f}" if self.at_most is not None else f"at least {self.at_least:.2f}"

    @property
    def verdict(self) -> str:
        """Computed, never written by hand."""
        if self.measured is None:
            return "not measured"
        low_enough = self.at_most is None or self.measured <= self.at_most
        high_enough = self.at_least is None or self.measured >= self.at_least
        return "pass" if low_enough and high_enough and self.also else "**fail**"


class Figures(BaseModel):
    """All of one run. Keys: the bots' names; for `throughput` then senders at once, for `growth` then the turn."""

    measured_on: date
    quick: bool
    minutes: float = 0
    machine: Machine
    epochs: int
    messages: int
    starts: dict[str, Start]
    turns: dict[str, Times]
    turns_apart: list[float]
    throughput: dict[str, dict[int, float]]
    load_share: float
    growth: dict[str, dict[int, float]]
    growth_conversations: int
    filled: Filled
    workers: Optional[Workers]
    unanswered: dict[str, int]
    asked: dict[str, int]

    @property
    def bars(self) -> list[Bar]:
        """What we want of ourselves."""
        growth = self.growth["ours"]
        workers = self.workers
        return [
            Bar(what="p50 of a turn, ours / stock", measured=self.ratio(self.turns_p50), at_most=0.2),
            Bar(what="turns a second at 32 senders, ours / stock", measured=self.at_once_ratio(32), at_least=5),
            Bar(what="start-up, ours / stock", measured=self.ratio(self.start_seconds), at_most=0.5),
            Bar(what="p50 of turn 200 / turn 10, ours", measured=growth[200] / growth[10], at_most=1.5),
            Bar(
                what="turns a second, two workers / one, with nothing lost",
                measured=workers.ratio if workers else None,
                at_least=1.7,
                also=workers.nothing_lost if workers else True,
            ),
        ]

    @property
    def turns_p50(self) -> dict[str, float]:
        """Milliseconds."""
        return {name: times.p50 for name, times in self.turns.items()}

    @property
    def start_seconds(self) -> dict[str, float]:
        """Medians."""
        return {name: start.median for name, start in self.starts.items()}

    def at_once_ratio(self, at_once: int) -> float:
        """Turns a second, ours / stock."""
        return self.ratio({name: rates[at_once] for name, rates in self.throughput.items()})

    @staticmethod
    def ratio(figures: Mapping[str, float]) -> float:
        """Ours / stock."""
        return figures["ours"] / figures["stock"]
