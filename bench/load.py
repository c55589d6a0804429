"""Asks a bot, one sender or many at once, and says how long it took."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import aiohttp
import uvloop

from bot.advice import smalltalk
from bot.advice.situation import Situation
from bot.knowledge import Language, load_knowledge
from bot.presentation import markdown
from bot.settings import settings

PATIENCE = aiohttp.ClientTimeout(total=120)


@dataclass(frozen=True)
class Talk:
    """What one sender says, message after message, each once the one before was answered."""

    sender: str
    texts: Sequence[str]


@dataclass(frozen=True)
class Turn:
    """A message that was sent: whether it got an answer that is no apology, and within how many seconds."""

    sender: str
    text: str
    seconds: float
    answered: bool


@dataclass(frozen=True)
class Block:
    """Turns that were measured together; how long they took in all, and the load generator's processor time (s)."""

    turns: Sequence[Turn]
    seconds: float
    own_cpu: float

    @property
    def per_second(self) -> float:
        """Answered turns a second."""
        return sum(turn.answered for turn in self.turns) / self.seconds


def talks(messages: Sequence[str], length: int) -> Iterator[Talk]:
    """Conversations without end, each of `length` turns by a new sender, through the messages and around again."""
    texts = itertools.cycle(messages)
    while True:
        yield Talk(uuid.uuid4().hex, [next(texts) for _ in range(length)])


def ask(url: str, conversations: Sequence[Talk], at_once: int = 1) -> Block:
    """Holds these conversations, so many at once."""
    return uvloop.run(_ask(url, conversations, at_once))


async def _ask(url: str, conversations: Sequence[Talk], at_once: int) -> Block:
    waiting, turns = iter(conversations), list[Turn]()

    async def visitor(session: aiohttp.ClientSession) -> None:
        for talk in waiting:  # shared: each visitor takes the next one
            for text in talk.texts:
                turns.append(await _turn(session, url, talk.sender, text))

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(visitor(session) for _ in range(at_once)))
        return Block(turns, time.perf_counter() - began, time.process_time() - cpu)


async def _turn(session: aiohttp.ClientSession, url: str, sender: str, text: str) -> Turn:
    began = time.perf_counter()
    try:
        async with session.post(url, json={"sender": sender, "message": text}) as response:
            said = [answer.get("text") for answer in await response.json()] if response.ok else []
    except (aiohttp.ClientError, asyncio.TimeoutError):
        said = []
    seconds = time.perf_counter() - began
    return Turn(sender, text, seconds, any(said) and not _apologies().intersection(said))


@lru_cache(maxsize=1)
def _apologies() -> frozenset[str]:
    """What ours says when something failed."""
    situations = [Situation(load_knowledge(settings().knowledge), language) for language in get_args(Language)]
    return frozenset(markdown.render(smalltalk.apology(situation)).text for situation in situations)


def p50(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000


def p95(seconds: Sequence[float]) -> float:
    """What 95 in 100 stay below, in milliseconds."""
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1] * 1000
