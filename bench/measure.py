"""What is measured: ours, stock and the limit in small blocks by turns, so that noise hits them alike."""

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
from bench.figures import Filled, Shared, Start, Times, Workers
from bench.load import Block, Talk, Turn, ask, talks
from bench.services import Bot, Stores, cpu_seconds

MANY = (1, 8, 32)
"""Senders at once."""
AROUND = (10, 50, 200)
"""Turns of a conversation around which it is measured, in windows of ten turns."""
WINDOW = 10
STORED = 10_000
"""Conversations."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    starts: int
    blocks: int
    """Of 10 turns: two conversations of five."""
    rounds: int
    """Of turns at once: conversations of eight, two for each sender."""
    long_conversations: int


FULL = Size(starts=3, blocks=40, rounds=4, long_conversations=3)
QUICK = Size(starts=1, blocks=6, rounds=1, long_conversations=1)


@dataclass
class Bench:
    """Measures with these messages; counts what was asked and not answered by the bots' names."""

    messages: Sequence[str]
    size: Size
    folder: Path
    asked: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)

    def _ask(self, bot: Bot, conversations: Sequence[Talk], at_once: int = 1) -> Block:
        block = ask(bot.url, conversations, at_once)
        self.asked[bot.name] += len(block.turns)
        self.unanswered[bot.name] += sum(not turn.answered for turn in block.turns)
        return block

    def starts(self, bots: Sequence[Bot], models: Mapping[str, Path]) -> dict[str, Start]:
        """Starts each bot some times, and leaves them running."""
        seconds: dict[str, list[float]] = defaultdict(list)
        for last in _steps([*[False] * (self.size.starts - 1), True], "Starts"):
            for bot in bots:
                seconds[bot.name].append(bot.start())
                if not last:
                    bot.stop()
        return {
            bot.name: Start(seconds=seconds[bot.name], memory=memory(bot), model=models[bot.name].stat().st_size / 1e6)
            for bot in bots
        }

    def turns(self, bots: Sequence[Bot]) -> tuple[dict[str, Times], list[float]]:
        """One sender at a time, a new conversation every five turns.

        Also the p50 of ours against that of stock, block by block.
        """
        source = talks(self.messages, 5)
        turns: dict[str, list[Turn]] = defaultdict(list)
        apart = []
        for _ in _steps(range(self.size.blocks), "Turns, one at a time"):
            conversations = list(itertools.islice(source, 2))
            block = {bot.name: self._ask(bot, conversations).turns for bot in bots}
            for name, measured in block.items():
                turns[name].extend(measured)
            apart.append(Times.of(block["ours"]).p50 / Times.of(block["stock"]).p50)
        return {name: Times.of(measured) for name, measured in turns.items()}, apart

    def throughput(self, bots: Sequence[Bot]) -> tuple[dict[str, dict[int, float]], float]:
        """Turns a second by senders at once; and the load generator's share of one core, at most."""
        source = talks(self.messages, 8)
        blocks: dict[str, dict[int, list[Block]]] = defaultdict(lambda: defaultdict(list))
        for _ in _steps(range(self.size.rounds), "Turns, many at once"):
            for at_once in MANY:
                conversations = list(itertools.islice(source, max(8, 2 * at_once)))
                for bot in bots:
                    blocks[bot.name][at_once].append(self._ask(bot, conversations, at_once))
        rates = {name: {n: _rate(measured) for n, measured in of.items()} for name, of in blocks.items()}
        share = max(b.own_cpu / b.seconds for name in ("ours", "stock") for of in blocks[name].values() for b in of)
        return rates, share

    def growth(self, bots: Sequence[Bot]) -> dict[str, dict[int, float]]:
        """p50 (ms) around some turns of long conversations. Every window has the same ten messages."""
        turns: dict[str, dict[int, list[Turn]]] = defaultdict(lambda: defaultdict(list))
        before = AROUND[0] - WINDOW // 2 - 1
        for number in range(self.size.long_conversations):
            ten = itertools.cycle(self.messages[number * WINDOW : (number + 1) * WINDOW])
            talk = next(talks([next(ten) for _ in range(AROUND[-1] + WINDOW)], AROUND[-1] + WINDOW))
            starts = range(before, AROUND[-1], WINDOW)
            for bot in bots:
                self._ask(bot, [Talk(talk.sender, talk.texts[:before])])
            for start in _steps(starts, f"A long conversation ({number + 1} of {self.size.long_conversations})"):
                part = Talk(talk.sender, talk.texts[start : start + WINDOW])
                for bot in bots:
                    turns[bot.name][start + WINDOW // 2 + 1].extend(self._ask(bot, [part]).turns)
        return {name: {turn: Times.of(of[turn]).p50 for turn in AROUND} for name, of in turns.items()}

    def filled(self) -> Filled:
        """Two of ours, one with 10,000 conversations in its store, by turns."""
        bots = []
        with ExitStack() as stack:
            for name in ("empty store", "full store"):
                place = self.folder / name
                place.mkdir()
                bots.append(services.ours(place, Stores.sqlite(place), name))
                stack.callback(bots[-1].stop)
                bots[-1].start()
            [template] = itertools.islice(talks(self.messages, 2), 1)
            for bot in bots:
                self._ask(bot, [template])
            place = self.folder / "full store"
            for database, table, key in (
                ("conversations", "events", "sender_id"),
                ("messages", "messages", "conversation"),
            ):
                _multiply(place / f"{database}.db", table, key, f"rest-{template.sender}")
            source = talks(self.messages, 5)
            turns: dict[str, list[Turn]] = defaultdict(list)
            for _ in _steps(range(self.size.blocks), f"With {STORED} stored conversations"):
                conversations = list(itertools.islice(source, 2))
                for bot in bots:
                    turns[bot.name].extend(self._ask(bot, conversations).turns)
            return Filled(
                conversations=STORED,
                megabytes=sum(file.stat().st_size for file in place.glob("*.db")) / 1e6,
                empty=Times.of(turns["empty store"]),
                full=Times.of(turns["full store"]),
            )

    def workers(self, at_once: int = 32) -> Workers | None:
        """One worker, and two, on a PostgreSQL and a Redis behind a proxy; None without a proxy on this machine."""
        program = services.nginx()
        if program is None:
            return None
        with ExitStack() as stack:
            stores, store_processes = stack.enter_context(services.shared_stores(self.folder))
            workers = []
            for number in _steps(range(2), "Starting two workers"):
                workers.append(services.ours(self.folder, stores, f"worker-{number}"))
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
            source = talks(self.messages, 8)
            blocks: dict[str, list[Block]] = defaultdict(list)
            used: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
            for _ in _steps(range(self.size.rounds + 1), "One worker, two workers"):
                for name, way in ways.items():
                    before = {group: measure() for group, measure in groups.items()}
                    block = self._ask(way, list(itertools.islice(source, 2 * at_once)), at_once)
                    blocks[name].append(block)
                    for group, measure in groups.items():
                        used[name][group] += measure() - before[group]
                    used[name]["load"] += block.own_cpu
            turns = [turn for of in blocks.values() for block in of for turn in block.turns]
            kept, sent = _kept(stores.conversations), Counter((f"rest-{turn.sender}", turn.text) for turn in turns)
            return Workers(
                at_once=at_once,
                one=_shared(blocks["one"], used["one"]),
                two=_shared(blocks["two"], used["two"]),
                sent=len(turns),
                answered=sum(turn.answered for turn in turns),
                lost=sum((sent - kept).values()),
                doubled=sum(n for message, n in (kept - sent).items() if message in sent),
            )


def memory(bot: Bot) -> dict[str, float]:
    """Resident memory (MB) of a bot's processes, by the name of their log."""
    return {process.log.stem: process.megabytes for process in bot.processes}


def _steps(steps: Sequence[Any], description: str) -> Iterable[Any]:
    return track(steps, f"{description:45}", refresh_per_second=1)


def _rate(blocks: Sequence[Block]) -> float:
    """Turns a second over all blocks."""
    return sum(block.per_second * block.seconds for block in blocks) / sum(block.seconds for block in blocks)


def _shared(blocks: Sequence[Block], used: Mapping[str, float]) -> Shared:
    seconds = sum(block.seconds for block in blocks)
    return Shared(per_second=_rate(blocks), **{group: cpu / seconds for group, cpu in used.items()})


def _multiply(database: Path, table: str, key: str, template: str) -> None:
    """Copies the rows of one conversation under 10,000 other ids."""
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})") if name not in ("id", key)]
        names = ", ".join(columns)
        connection.execute(
            f"WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ?) "
            f"INSERT INTO {table} ({key}, {names}) SELECT 'rest-stored-' || n, {names} FROM copy, {table} "
            f"WHERE {key} = ? ORDER BY n, {table}.rowid",
            (STORED, template),
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _kept(database: str) -> Counter[tuple[str, str]]:
    """How often each message stands in the conversations' table, by sender and text."""
    engine = sa.create_engine(database)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT sender_id, data FROM events WHERE type_name = 'user'")).all()
    engine.dispose()
    return Counter((sender, json.loads(data)["text"]) for sender, data in rows)
