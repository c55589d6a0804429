"""The shape of docs/deployment.md on this machine: PostgreSQL, Redis, two workers, and nginx in front of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.storage.messages import MessageStore
from tests.databases import Postgres, RedisServer
from tests.running_server import RunningServer
from tests.scale_out.nginx import Nginx
from tests.scale_out.visitor import Visitor

SESSIONS_PER_HOUR = 12
"""That may begin at one address: few, so that a test can reach it; each visitor has an address of its own."""

Workers = tuple[RunningServer, RunningServer]


@pytest.fixture(scope="package")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    server = Postgres()
    yield server.url
    server.close()


@pytest.fixture(scope="package")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis server."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server.url
    server.close()


@pytest.fixture(scope="package")
async def pair(
    model: Path, database: str, redis: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Workers]:
    """Two workers that share everything."""
    shared = dict.fromkeys(("conversations_db", "messages_db", "intake_db"), database)
    shared |= {"redis": redis, "proxies": "1", "sessions_per_hour_per_address": str(SESSIONS_PER_HOUR)}
    first, second = (RunningServer(tmp_path_factory.mktemp(name), **shared) for name in ("first", "second"))
    await _start(first, second)
    yield first, second
    for worker in (first, second):
        if await _is_up(worker):
            assert await asyncio.to_thread(worker.stop) == 0, worker.log


@pytest.fixture
async def workers(pair: Workers) -> Workers:
    """Both workers, running: one that an earlier test stopped is started again."""
    await _start(*pair)
    return pair


async def _start(*workers: RunningServer) -> None:
    down = [worker for worker in workers if not await _is_up(worker)]
    await asyncio.gather(*(asyncio.to_thread(worker.start) for worker in down))


async def _is_up(worker: RunningServer) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{worker.address}/health/live", timeout=10)).is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="package")
def nginx(pair: Workers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """An nginx in front of the workers."""
    ports = [worker.address.removeprefix("http://") for worker in pair]
    server = Nginx(tmp_path_factory.mktemp("nginx"), ports)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def visitor(nginx: Nginx, workers: Workers) -> AsyncIterator[Visitor]:
    """A visitor with a conversation of its own."""
    async with Visitor(nginx) as visitor:
        await visitor.begin()
        yield visitor


@pytest.fixture(scope="package")
def store(database: str) -> MessageStore:
    """What the workers keep of all talks."""
    return MessageStore(database)
