"""The load generator: sends conversations to a bot, one at a time or concurrently, and times the turns."""

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

TIMEOUT = aiohttp.ClientTimeout(total=120)


@dataclass(frozen=True)
class Conversation:
    """The messages of one sender; each is sent once the one before was answered."""

    sender: str
    texts: Sequence[str]


@dataclass(frozen=True)
class Turn:
    """A sent message: whether it got an answer other than an apology, and within how many seconds."""

    sender: str
    text: str
    seconds: float
    answered: bool


@dataclass(frozen=True)
class Batch:
    """Turns that were measured together, how long they took in all, and the load generator's CPU time (s)."""

    turns: Sequence[Turn]
    seconds: float
    own_cpu: float

    @property
    def per_second(self) -> float:
        """Answered turns per second."""
        return sum(turn.answered for turn in self.turns) / self.seconds


def endless_conversations(messages: Sequence[str], length: int) -> Iterator[Conversation]:
    """Conversations of `length` turns, each of a new sender, that cycle through the messages without end."""
    texts = itertools.cycle(messages)
    while True:
        yield Conversation(uuid.uuid4().hex, [next(texts) for _ in range(length)])


def send(url: str, conversations: Sequence[Conversation], at_once: int = 1) -> Batch:
    """Sends these conversations, `at_once` of them concurrently."""
    return uvloop.run(_send(url, conversations, at_once))


async def _send(url: str, conversations: Sequence[Conversation], at_once: int) -> Batch:
    waiting, turns = iter(conversations), list[Turn]()

    async def visitor(session: aiohttp.ClientSession) -> None:
        for conversation in waiting:  # shared: each visitor takes the next one
            for text in conversation.texts:
                turns.append(await _turn(session, url, conversation.sender, text))

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as session:
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(visitor(session) for _ in range(at_once)))
        return Batch(turns, time.perf_counter() - began, time.process_time() - cpu)


async def _turn(session: aiohttp.ClientSession, url: str, sender: str, text: str) -> Turn:
    began = time.perf_counter()
    try:
        async with session.post(url, json={"sender": sender, "message": text}) as response:
            texts = [answer.get("text") for answer in await response.json()] if response.ok else []
    except (aiohttp.ClientError, asyncio.TimeoutError):
        texts = []
    seconds = time.perf_counter() - began
    return Turn(sender, text, seconds, any(texts) and not _apologies().intersection(texts))


@lru_cache(maxsize=1)
def _apologies() -> frozenset[str]:
    """The texts of our apologies after a failure."""
    situations = [Situation(load_knowledge(settings().knowledge), language) for language in get_args(Language)]
    return frozenset(markdown.render(smalltalk.apology(situation)).text for situation in situations)


def p50(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000


def p95(seconds: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1] * 1000
