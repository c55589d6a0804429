"""The measurements: all bots alternate in small batches, so that noise affects them alike."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.progress import track

from bench import services
from bench.load import Batch, Conversation, Turn, endless_conversations, send
from bench.results import FullStore, Latency, Start, Throughput, Workers
from bench.services import Bot
from tests.support.processes import cpu_seconds
from tests.support.programs import find_program

SENDERS = (1, 8, 32)
"""Numbers of concurrent senders."""
MEASURED_TURNS = (10, 50, 200)
"""Turns of a conversation around which it is measured, in windows of ten turns."""
WINDOW = 10
STORED_CONVERSATIONS = 10_000


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    starts: int
    batches: int
    """Batches of 10 turns: two conversations of five."""
    rounds: int
    """Rounds of concurrent turns: conversations of eight, two for each sender."""
    long_conversations: int


FULL = Size(starts=3, batches=40, rounds=4, long_conversations=3)
QUICK = Size(starts=1, batches=6, rounds=1, long_conversations=1)


@dataclass
class Bench:
    """Measures with these messages; counts sent and unanswered messages by the name of the bot."""

    messages: Sequence[str]
    size: Size
    folder: Path
    asked: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)

    def _send(self, bot: Bot, conversations: Sequence[Conversation], at_once: int = 1) -> Batch:
        batch = send(bot.url, conversations, at_once)
        self.asked[bot.name] += len(batch.turns)
        self.unanswered[bot.name] += sum(not turn.answered for turn in batch.turns)
        return batch

    def starts(self, bots: Sequence[Bot], models: Mapping[str, Path]) -> dict[str, Start]:
        """Starts each bot several times and leaves them running."""
        seconds: dict[str, list[float]] = defaultdict(list)
        for last in _steps([*[False] * (self.size.starts - 1), True], "Starts"):
            for bot in bots:
                seconds[bot.name].append(bot.start())
                if not last:
                    bot.stop()
        return {
            bot.name: Start(seconds=seconds[bot.name], memory=bot.memory, model=models[bot.name].stat().st_size / 1e6)
            for bot in bots
        }

    def turns(self, bots: Sequence[Bot]) -> tuple[dict[str, Latency], list[float]]:
        """One sender at a time, with conversations of five turns; also the p50 of ours / stock by batch."""
        source = endless_conversations(self.messages, 5)
        turns: dict[str, list[Turn]] = defaultdict(list)
        apart = []
        for _ in _steps(range(self.size.batches), "Turns, one at a time"):
            conversations = list(itertools.islice(source, 2))
            batch = {bot.name: self._send(bot, conversations).turns for bot in bots}
            for name, measured in batch.items():
                turns[name].extend(measured)
            apart.append(Latency.of(batch["ours"]).p50 / Latency.of(batch["stock"]).p50)
        return {name: Latency.of(measured) for name, measured in turns.items()}, apart

    def throughput(self, bots: Sequence[Bot]) -> tuple[dict[str, dict[int, float]], float]:
        """Turns per second by concurrent senders; and the largest share of a core that the load generator used."""
        source = endless_conversations(self.messages, 8)
        batches: dict[str, dict[int, list[Batch]]] = defaultdict(lambda: defaultdict(list))
        for _ in _steps(range(self.size.rounds), "Turns, many at once"):
            for at_once in SENDERS:
                conversations = list(itertools.islice(source, max(8, 2 * at_once)))
                for bot in bots:
                    batches[bot.name][at_once].append(self._send(bot, conversations, at_once))
        rates = {name: {n: _rate(measured) for n, measured in of.items()} for name, of in batches.items()}
        share = max(b.own_cpu / b.seconds for name in ("ours", "stock") for of in batches[name].values() for b in of)
        return rates, share

    def growth(self, bots: Sequence[Bot]) -> dict[str, dict[int, float]]:
        """p50 (ms) around certain turns of long conversations. Every window has the same ten messages."""
        turns: dict[str, dict[int, list[Turn]]] = defaultdict(lambda: defaultdict(list))
        before = MEASURED_TURNS[0] - WINDOW // 2 - 1
        for number in range(self.size.long_conversations):
            ten = itertools.cycle(self.messages[number * WINDOW : (number + 1) * WINDOW])
            length = MEASURED_TURNS[-1] + WINDOW
            long = next(endless_conversations([next(ten) for _ in range(length)], length))
            starts = range(before, MEASURED_TURNS[-1], WINDOW)
            for bot in bots:
                self._send(bot, [Conversation(long.sender, long.texts[:before])])
            for start in _steps(starts, f"A long conversation ({number + 1} of {self.size.long_conversations})"):
                part = Conversation(long.sender, long.texts[start : start + WINDOW])
                for bot in bots:
                    turns[bot.name][start + WINDOW // 2 + 1].extend(self._send(bot, [part]).turns)
        return {name: {turn: Latency.of(of[turn]).p50 for turn in MEASURED_TURNS} for name, of in turns.items()}

    def filled(self) -> FullStore:
        """Two servers of ours, one with 10,000 conversations in its store, in alternation."""
        bots = []
        with ExitStack() as stack:
            for name in ("empty store", "full store"):
                place = self.folder / name
                place.mkdir()
                bots.append(services.ours(place, name))
                stack.callback(bots[-1].stop)
                bots[-1].start()
            [template] = itertools.islice(endless_conversations(self.messages, 2), 1)
            for bot in bots:
                self._send(bot, [template])
            place = self.folder / "full store"
            for database, table, key in (
                ("conversations", "events", "sender_id"),
                ("messages", "messages", "conversation"),
            ):
                _multiply(place / f"{database}.db", table, key, f"rest-{template.sender}")
            source = endless_conversations(self.messages, 5)
            turns: dict[str, list[Turn]] = defaultdict(list)
            for _ in _steps(range(self.size.batches), f"With {STORED_CONVERSATIONS} stored conversations"):
                conversations = list(itertools.islice(source, 2))
                for bot in bots:
                    turns[bot.name].extend(self._send(bot, conversations).turns)
            return FullStore(
                conversations=STORED_CONVERSATIONS,
                megabytes=sum(file.stat().st_size for file in place.glob("*.db")) / 1e6,
                empty=Latency.of(turns["empty store"]),
                full=Latency.of(turns["full store"]),
            )

    def workers(self, at_once: int = 32) -> Workers | None:
        """One worker, and two, on a PostgreSQL and a Redis behind a proxy; None without a proxy on this machine."""
        program = find_program("nginx")
        if program is None:
            return None
        with ExitStack() as stack:
            stores, store_processes = stack.enter_context(services.shared_stores(self.folder))
            workers = []
            for number in _steps(range(2), "Starting two workers"):
                workers.append(services.ours(self.folder, f"worker-{number}", **stores))
                stack.callback(workers[-1].stop)
                workers[-1].start()
            urls, proxy = stack.enter_context(
                services.proxy(self.folder, program, {"one": workers[:1], "two": workers})
            )
            ways = {name: Bot(f"{name} behind a proxy", url, []) for name, url in urls.items()}
            groups: dict[str, Callable[[], float]] = {
                "workers": lambda: sum(process.cpu for worker in workers for process in worker.processes),
                "stores": lambda: sum(map(cpu_seconds, store_processes)),
                "proxy": lambda: proxy.cpu,
            }
            source = endless_conversations(self.messages, 8)
            batches: dict[str, list[Batch]] = defaultdict(list)
            used: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
            for _ in _steps(range(self.size.rounds + 1), "One worker, two workers"):
                for name, way in ways.items():
                    before = {group: measure() for group, measure in groups.items()}
                    batch = self._send(way, list(itertools.islice(source, 2 * at_once)), at_once)
                    batches[name].append(batch)
                    for group, measure in groups.items():
                        used[name][group] += measure() - before[group]
                    used[name]["load"] += batch.own_cpu
            turns = [turn for of in batches.values() for batch in of for turn in batch.turns]
            sent = Counter((f"rest-{turn.sender}", turn.text) for turn in turns)
            stored = _stored(stores["conversations_db"])
            return Workers(
                at_once=at_once,
                one=_throughput(batches["one"], used["one"]),
                two=_throughput(batches["two"], used["two"]),
                sent=len(turns),
                answered=sum(turn.answered for turn in turns),
                lost=sum((sent - stored).values()),
                doubled=sum(n for message, n in (stored - sent).items() if message in sent),
            )


def _steps(steps: Sequence[Any], description: str) -> Iterable[Any]:
    return track(steps, f"{description:45}", refresh_per_second=1)


def _rate(batches: Sequence[Batch]) -> float:
    """Turns per second over all batches."""
    return sum(batch.per_second * batch.seconds for batch in batches) / sum(batch.seconds for batch in batches)


def _throughput(batches: Sequence[Batch], used: Mapping[str, float]) -> Throughput:
    seconds = sum(batch.seconds for batch in batches)
    return Throughput(per_second=_rate(batches), **{group: cpu / seconds for group, cpu in used.items()})


def _multiply(database: Path, table: str, key: str, template: str) -> None:
    """Copies the rows of one conversation under 10,000 other ids."""
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})") if name not in ("id", key)]
        names = ", ".join(columns)
        connection.execute(
            f"WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ?) "
            f"INSERT INTO {table} ({key}, {names}) SELECT 'rest-stored-' || n, {names} FROM copy, {table} "
            f"WHERE {key} = ? ORDER BY n, {table}.rowid",
            (STORED_CONVERSATIONS, template),
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _stored(database: str) -> Counter[tuple[str, str]]:
    """How often each message is in the events table, by sender and text."""
    engine = sa.create_engine(database)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT sender_id, data FROM events WHERE type_name = 'user'")).all()
    engine.dispose()
    return Counter((sender, json.loads(data)["text"]) for sender, data in rows)
