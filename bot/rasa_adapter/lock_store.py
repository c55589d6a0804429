"""Lets the messages of one conversation wait for each other: in this process, or by Redis across several.

Rasa's own locks look once a second whether it is their turn; its Redis lock gives two processes the same ticket, and
one that was left behind by a crash holds a conversation up for a minute.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from weakref import WeakValueDictionary

from rasa.core.lock_store import LockError, LockStore
from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WAIT_AT_MOST = 60.0
"""Seconds that a message waits for those before it."""
LEASE = 4.0
"""Seconds after which a process that gives no sign of life has lost its place in the row."""
RENEW_EVERY = 1.0
LOOK_EVERY = 0.02
"""Seconds between looks whether it is our turn. Only messages of one conversation that come at once look at all."""


class ProcessLocks(LockStore):
    """Locks in this process, in the order of arrival."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float | None = WAIT_AT_MOST, wait_time_in_seconds: float = LOOK_EVERY
    ) -> AsyncGenerator[None, None]:
        """Holds a conversation. Raises LockError after waiting `lock_lifetime` seconds (None: no end)."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        try:
            await asyncio.wait_for(lock.acquire(), lock_lifetime)
        except asyncio.TimeoutError as error:
            raise LockError(f"waited {lock_lifetime} s") from error
        try:
            yield
        finally:
            lock.release()


class RedisLocks(LockStore):
    """Locks in Redis: a row of tickets for each conversation, each with a lease that its holder renews."""

    def __init__(self, url: str) -> None:
        """`url`: redis://..., rediss://... or unix:///path."""
        self.redis: Redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=10)
        self._draw = self.redis.register_script(DRAW + TURN)
        self._turn = self.redis.register_script(TURN)
        self._stay = self.redis.register_script(STAY)
        self._leave = self.redis.register_script(LEAVE)

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float | None = WAIT_AT_MOST, wait_time_in_seconds: float = LOOK_EVERY
    ) -> AsyncGenerator[None, None]:
        """Holds a conversation. Raises LockError without Redis, or after `lock_lifetime` seconds (None: no end)."""
        ticket = secrets.token_hex(8)
        keys = [f"klantkompas:{{{conversation_id}}}:row"]
        lease = int(LEASE * 1000)
        started = time.monotonic()
        try:
            is_ours = await self._draw(keys=keys, args=[ticket, lease])
        except RedisError as error:
            raise LockError(f"no ticket from Redis: {error}") from error
        renewing = asyncio.create_task(self._renew(keys, ticket))
        try:
            while not is_ours:
                if lock_lifetime is not None and time.monotonic() - started > lock_lifetime:
                    raise LockError(f"waited {lock_lifetime} s")
                await asyncio.sleep(wait_time_in_seconds)
                is_ours = await self._turn(keys=keys, args=[ticket, lease])
        except BaseException as error:
            await self._end(keys, ticket, renewing)
            if isinstance(error, RedisError):
                raise LockError(f"lost Redis: {error}") from error
            raise
        try:
            yield
        finally:
            await self._end(keys, ticket, renewing)

    async def _renew(self, keys: list[str], ticket: str) -> None:
        """Says that we live, for as long as we wait for the conversation or hold it."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                if not await self._stay(keys=keys, args=[ticket, int(LEASE * 1000)]):
                    logger.warning("A lock was lost: this process, or Redis, paused for more than %s s", LEASE)
                    return
            except RedisError as error:
                logger.warning("A lock could not be renewed: %s", error)

    async def _end(self, keys: list[str], ticket: str, renewing: asyncio.Task[None]) -> None:
        renewing.cancel()
        with suppress(RedisError):  # then the lease runs out
            await self._leave(keys=keys, args=[ticket])


def lock_store(redis: str) -> LockStore:
    """Locks in Redis if there is one (`redis` is its URL), else in this process."""
    return RedisLocks(redis) if redis else ProcessLocks()


# A row is a list of tickets; a ticket without its lease (a key of its own) is of somebody who is gone. Each script runs
# as a whole: no two processes draw the same place, and nobody passes another. The lists themselves end with the last
# one to leave, or after a minute without anybody.
DRAW = """
redis.call('SET', KEYS[1] .. ':' .. ARGV[1], 1, 'PX', ARGV[2])
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], 60)
"""
TURN = """
while true do
  local first = redis.call('LINDEX', KEYS[1], 0)
  if not first then
    redis.call('SET', KEYS[1] .. ':' .. ARGV[1], 1, 'PX', ARGV[2])
    redis.call('RPUSH', KEYS[1], ARGV[1])
  elseif first == ARGV[1] then
    return 1
  elseif redis.call('EXISTS', KEYS[1] .. ':' .. first) == 1 then
    return 0
  else
    redis.call('LPOP', KEYS[1])
  end
end
"""
STAY = """
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('SET', KEYS[1] .. ':' .. ARGV[1], 1, 'PX', ARGV[2], 'XX')
"""
LEAVE = """
redis.call('LREM', KEYS[1], 0, ARGV[1])
redis.call('DEL', KEYS[1] .. ':' .. ARGV[1])
"""
