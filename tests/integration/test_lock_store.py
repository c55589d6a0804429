"""Messages of one conversation wait for each other, in this process and across several."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from rasa.core.lock_store import LockError, LockStore

from bot.rasa_adapter import lock_store as locks
from bot.rasa_adapter.lock_store import ProcessLocks, RedisLocks
from bot.settings import ROOT
from tests.support.databases import RedisServer

Made = Callable[[], LockStore]


@pytest.fixture(params=["process", "redis"])
def make(request: pytest.FixtureRequest) -> Made:
    """Makes lock stores: the same one for one process, one each for several."""
    if request.param == "process":
        one = ProcessLocks()
        return lambda: one
    server = request.getfixturevalue("redis")
    return lambda: RedisLocks(server.url)


async def test_messages_of_one_conversation_are_handled_one_at_a_time_and_in_order(make: Made) -> None:
    order, inside = [], 0
    stores = [make() for _ in range(3)]

    async def handle(number: int) -> None:
        nonlocal inside
        await asyncio.sleep(number * 0.01)
        async with stores[number % 3].lock("talk"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.02)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(handle(number) for number in range(12)))
    assert order == list(range(12))


async def test_conversations_do_not_wait_for_each_other(make: Made) -> None:
    store = make()
    async with store.lock("one"), store.lock("other"):
        pass


async def test_a_message_that_waited_too_long_is_told_so_and_holds_up_nobody(make: Made) -> None:
    store = make()
    async with store.lock("busy"):
        with pytest.raises(LockError):
            async with store.lock("busy", 0.1):
                pass
    async with store.lock("busy", 0.1):
        pass


async def test_a_failure_and_a_cancelled_turn_give_the_conversation_free(make: Made) -> None:
    store = make()
    with pytest.raises(KeyError):
        async with store.lock("talk"):
            raise KeyError

    async def wait() -> None:
        async with store.lock("talk"):
            await asyncio.sleep(60)

    holding, waiting = asyncio.create_task(wait()), asyncio.create_task(wait())
    await asyncio.sleep(0.1)
    for task in (waiting, holding):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with store.lock("talk", 0.5):
        pass


async def test_a_turn_longer_than_the_lease_keeps_its_conversation(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LEASE", 0.5)
    monkeypatch.setattr(locks, "RENEW_INTERVAL", 0.1)
    async with RedisLocks(redis.url).lock("long"):
        await asyncio.sleep(1)
        with pytest.raises(LockError):
            async with RedisLocks(redis.url).lock("long", 0.5):
                pass


async def test_the_lock_of_a_process_that_was_killed_is_gone_within_five_seconds(redis: RedisServer) -> None:
    code = f"""
import asyncio
from bot.rasa_adapter.lock_store import RedisLocks
async def hold():
    async with RedisLocks({redis.url!r}).lock("crash"):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(hold())
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        await asyncio.to_thread(other.stdout.readline)
        other.kill()
    started = time.monotonic()
    async with RedisLocks(redis.url).lock("crash"):
        assert time.monotonic() - started < 5


async def test_without_redis_a_message_is_refused_at_once_and_served_when_it_is_back(redis: RedisServer) -> None:
    store = RedisLocks(redis.url)
    async with store.lock("talk"):
        pass
    redis.fail()
    try:
        started = time.monotonic()
        with pytest.raises(LockError):
            async with store.lock("talk"):
                pass
        assert time.monotonic() - started < 3
    finally:
        redis.come_back()
    async with store.lock("talk", 1):
        pass


async def test_a_redis_that_forgot_everything_does_not_stop_those_who_wait(redis: RedisServer) -> None:
    store = RedisLocks(redis.url)
    done = []

    async def handle(number: int) -> None:
        async with store.lock("forgotten", 20):
            await asyncio.sleep(0.3)
            done.append(number)

    tasks = [asyncio.create_task(handle(number)) for number in range(3)]
    await asyncio.sleep(0.1)
    await store.redis.flushall()
    await asyncio.gather(*tasks)
    assert sorted(done) == [0, 1, 2]
