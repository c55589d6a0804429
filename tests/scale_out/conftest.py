"""The shape of docs/deployment.md on this machine: PostgreSQL, Redis, two workers, and nginx in front of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.storage.messages import MessageStore
from tests.scale_out.nginx import Nginx
from tests.support.databases import Postgres, RedisServer
from tests.support.server import STORES, Server
from tests.support.visitor import Visitor

SESSIONS_PER_HOUR = 12
"""That may begin at one address: few, so that a test can reach it; each visitor has an address of its own."""

Workers = tuple[Server, Server]


@pytest.fixture(scope="package")
def database(postgres: Postgres) -> str:
    """The URL of a database in PostgreSQL."""
    return postgres.new_database()


@pytest.fixture(scope="package")
async def pair(
    model: Path, database: str, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Workers]:
    """Two workers that share everything."""
    shared = {
        **dict.fromkeys(STORES, database),
        "redis": redis.url,
        "proxies": "1",
        "sessions_per_hour_per_address": str(SESSIONS_PER_HOUR),
    }
    first, second = (Server(tmp_path_factory.mktemp(name), **shared) for name in ("first", "second"))
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


async def _start(*workers: Server) -> None:
    down = [worker for worker in workers if not await _is_up(worker)]
    await asyncio.gather(*(asyncio.to_thread(worker.start) for worker in down))


async def _is_up(worker: Server) -> bool:
    async with httpx.AsyncClient(timeout=10) as client:
        try:
            return (await client.get(f"{worker.address}/health/live")).is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="package")
def nginx(pair: Workers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """An nginx in front of the workers."""
    server = Nginx(tmp_path_factory.mktemp("nginx"), [worker.netloc for worker in pair])
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def visitor(nginx: Nginx, workers: Workers) -> AsyncIterator[Visitor]:
    """A visitor with a conversation of its own."""
    async with nginx.visitor() as visitor:
        await visitor.start_session()
        yield visitor


@pytest.fixture(scope="package")
def store(database: str) -> MessageStore:
    """The workers' store of messages."""
    return MessageStore(database)
