"""The server is killed, starved and flooded: nothing that it took is lost, and nobody is met by silence."""

from __future__ import annotations

import asyncio
import random
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.size import size
from tests.support.databases import Postgres, RedisServer
from tests.support.server import STORES, UNLIMITED, Server
from tests.support.visitor import Visitor

QUESTIONS = ("klanten komen niet terug", "niemand kent ons", "wat is seo?", "hoe meet ik dat?", "en voor care?")


async def test_a_server_killed_at_any_moment_of_a_turn_loses_nothing_that_it_took(
    server: Server, client: httpx.AsyncClient
) -> None:
    chance = random.Random(6)
    for kill in range(size(2, 20)):
        visitors = [Visitor(client, server.address) for _ in range(3)]
        for visitor in visitors:
            await visitor.start_session()

        async def talk(visitor: Visitor) -> None:
            for question in QUESTIONS[:3]:
                await visitor.send(question)

        talks = asyncio.gather(*map(talk, visitors))
        await asyncio.sleep(chance.random() * 0.4)
        server.kill()
        await asyncio.to_thread(server.start)
        await talks
        for visitor in visitors:
            visitor.check_nothing_lost(await visitor.receive(3))
        started = time.monotonic()
        await visitors[0].send("en voor care?", f"after {kill}")
        await visitors[0].receive(4)
        assert time.monotonic() - started < 5, "a lock was left behind"


async def test_two_messages_of_one_visitor_at_once_are_answered_in_order(
    server: Server, client: httpx.AsyncClient
) -> None:
    visitor = Visitor(client, server.address)
    await visitor.start_session()
    await asyncio.gather(visitor.send("niemand kent ons"), visitor.send("klanten komen niet terug"))
    heard = await visitor.receive(2)
    visitor.check_nothing_lost(heard)
    asked = [m["text"] for m in heard if m["author"] == "visitor"]
    answers = [str(m) for m in heard if m["author"] == "advisor"][1:]
    expected = {"niemand kent ons": "See: ", "klanten komen niet terug": "Care: "}
    assert [expected[text] in answer for text, answer in zip(asked, answers, strict=True)] == [True, True], answers


async def test_a_full_disk_refuses_a_message_instead_of_losing_it(server: Server, client: httpx.AsyncClient) -> None:
    visitor = Visitor(client, server.address)
    await visitor.start_session()
    await visitor.send("niemand kent ons")
    await visitor.receive(1)
    pid = server.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
    try:
        refused = await visitor.post("messages", {"id": "full", "text": "wat is seo?"})
        assert refused.status_code == 503
        assert refused.json()["problem"] == "failed"
        assert httpx.get(f"{server.address}/health/live").status_code == 200
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
    await visitor.send("wat is seo?", "full")
    visitor.check_nothing_lost(await visitor.receive(2))


async def test_slow_clients_hold_up_nobody(server: Server, client: httpx.AsyncClient) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(b"POST /webhooks/website/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{")
        visitor = Visitor(client, server.address)
        await visitor.start_session()
        started = time.monotonic()
        await visitor.send("niemand kent ons")
        await visitor.receive(1)
        assert time.monotonic() - started < 5
    finally:
        for connection in slow:
            connection.close()


async def test_many_conversations_at_once_are_all_answered_and_memory_stays_bounded(
    server: Server, client: httpx.AsyncClient
) -> None:
    process = psutil.Process(server.pid)
    before, slowest, answered = process.memory_info().rss, 0.0, 0
    until = time.monotonic() + size(5, 60)

    async def talk(number: int) -> None:
        nonlocal slowest, answered
        visitor = Visitor(client, server.address)
        await visitor.start_session()
        turn = 0
        while turn == 0 or time.monotonic() < until:
            turn += 1
            started = time.monotonic()
            await visitor.send(QUESTIONS[(number + turn) % len(QUESTIONS)])
            heard = await visitor.receive(turn)
            slowest = max(slowest, time.monotonic() - started)
        visitor.check_nothing_lost(heard)
        answered += turn

    await asyncio.gather(*(talk(number) for number in range(size(40, 200))))
    grown = (process.memory_info().rss - before) / 2**20
    print(f"{answered} turns, slowest {slowest:.1f} s, memory +{grown:.0f} MiB")
    assert grown < 300
    assert httpx.get(f"{server.address}/health/ready", timeout=10).status_code == 200


@pytest.fixture(scope="module")
def scaled(
    model: Path, postgres: Postgres, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server on PostgreSQL and Redis."""
    urls = dict.fromkeys(STORES, postgres.new_database())
    running = Server(tmp_path_factory.mktemp("scaled"), redis=redis.url, **urls, **UNLIMITED)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def visitor(scaled: Server, client: httpx.AsyncClient) -> Visitor:
    """A visitor of that server, who has had an answer about Care."""
    visitor = Visitor(client, scaled.address)
    await visitor.start_session()
    await visitor.send("klanten komen niet terug")
    await visitor.receive(1)
    return visitor


async def test_postgresql_may_fail_and_come_back(
    visitor: Visitor, scaled: Server, postgres: Postgres, client: httpx.AsyncClient
) -> None:
    postgres.fail()
    try:
        refused = await visitor.post("messages", {"id": "down", "text": "hoe meet ik dat?"})
        assert refused.status_code == 503
        assert refused.json()["problem"] == "failed"
        ready = await client.get(f"{scaled.address}/health/ready")
        assert ready.status_code == 503
        assert ready.json()["parts"]["conversations"] == "failing"
    finally:
        postgres.come_back()
    await visitor.send("hoe meet ik dat?", "down")
    heard = await visitor.receive(2)
    visitor.check_nothing_lost(heard)
    assert "Care" in str(heard[-1]), "the talk before the failure is remembered"


async def test_redis_may_fail_and_come_back(visitor: Visitor, redis: RedisServer) -> None:
    redis.fail()
    try:
        await visitor.send("hoe meet ik dat?")
        heard = await visitor.receive(2)  # an apology, not silence
        assert "mis" in str(heard[-1])
    finally:
        redis.come_back()
    await visitor.send("hoe meet ik dat?")
    heard = await visitor.receive(3)
    visitor.check_nothing_lost(heard)
    assert "Care" in str(heard[-1])
