"""Locks that serialise the turns of one conversation: in this process, or in Redis for several servers.

Rasa's InMemoryLockStore polls once a second; its RedisLockStore is not atomic (two processes can get the same ticket)
and a ticket of a crashed process blocks the conversation for a minute. Both of ours are first in, first out.

Example:
    >>> async with lock_store(settings.redis).lock("website-abc"):
    ...     ...  # no other turn of this conversation runs, in any server
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

LOCK_TIMEOUT = 60.0
"""Seconds that a message waits for the earlier ones of its conversation."""
LEASE = 4.0
"""Seconds without renewal after which the ticket of a process is dropped from the queue."""
RENEW_INTERVAL = 1.0
"""Seconds between renewals of a lease."""
POLL_INTERVAL = 0.02
"""Seconds between checks of the queue. Only concurrent messages of one conversation poll at all."""


class ProcessLocks(LockStore):
    """Locks in this process."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float | None = LOCK_TIMEOUT,
        wait_time_in_seconds: float = POLL_INTERVAL,
    ) -> AsyncGenerator[None, None]:
        """Holds the lock of a conversation.

        Raises:
            LockError: It was not acquired within `lock_lifetime` seconds (None: no timeout).
        """
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        try:
            await asyncio.wait_for(lock.acquire(), lock_lifetime)
        except asyncio.TimeoutError as error:
            raise LockError(f"lock timeout after {lock_lifetime} s") from error
        try:
            yield
        finally:
            lock.release()


class RedisLocks(LockStore):
    """Locks in Redis: a queue of tickets per conversation, each with a lease that its holder renews."""

    def __init__(self, url: str) -> None:
        """Takes redis://..., rediss://... or unix:///path."""
        self.redis: Redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=10)
        self._enqueue = self.redis.register_script(ENQUEUE + IS_FIRST)
        self._is_first = self.redis.register_script(IS_FIRST)
        self._renew_lease = self.redis.register_script(RENEW)
        self._leave = self.redis.register_script(LEAVE)

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float | None = LOCK_TIMEOUT,
        wait_time_in_seconds: float = POLL_INTERVAL,
    ) -> AsyncGenerator[None, None]:
        """Holds the lock of a conversation.

        Raises:
            LockError: Redis failed, or the lock was not acquired within `lock_lifetime` seconds (None: no timeout).
        """
        ticket = secrets.token_hex(8)
        keys = [f"klantkompas:{{{conversation_id}}}:row"]
        lease = int(LEASE * 1000)
        started = time.monotonic()
        try:
            is_first = await self._enqueue(keys=keys, args=[ticket, lease])
        except RedisError as error:
            raise LockError(f"Redis failed: {error}") from error
        renewing = asyncio.create_task(self._keep_renewing(keys, ticket))
        try:
            while not is_first:
                if lock_lifetime is not None and time.monotonic() - started > lock_lifetime:
                    raise LockError(f"lock timeout after {lock_lifetime} s")
                await asyncio.sleep(wait_time_in_seconds)
                is_first = await self._is_first(keys=keys, args=[ticket, lease])
        except BaseException as error:
            await self._release(keys, ticket, renewing)
            if isinstance(error, RedisError):
                raise LockError(f"Redis failed: {error}") from error
            raise
        try:
            yield
        finally:
            await self._release(keys, ticket, renewing)

    async def _keep_renewing(self, keys: list[str], ticket: str) -> None:
        """Renews the lease while the ticket waits for the lock or holds it."""
        while True:
            await asyncio.sleep(RENEW_INTERVAL)
            try:
                if not await self._renew_lease(keys=keys, args=[ticket, int(LEASE * 1000)]):
                    logger.warning("lock lost: no renewal within %s s", LEASE)
                    return
            except RedisError as error:
                logger.warning("lock not renewed: %s", error)

    async def _release(self, keys: list[str], ticket: str, renewing: asyncio.Task[None]) -> None:
        renewing.cancel()
        with suppress(RedisError):  # the lease expires instead
            await self._leave(keys=keys, args=[ticket])


def lock_store(redis_url: str) -> LockStore:
    """Locks in Redis if a URL is given, else in this process."""
    return RedisLocks(redis_url) if redis_url else ProcessLocks()


# Lua scripts: Redis runs each atomically, so that no two processes get the same place in a queue. A queue is a list of
# tickets; each ticket has a lease, a key of its own that expires. A ticket without lease belongs to a dead process and
# is dropped. The list itself is deleted with the last ticket, or after a minute without renewal.
ENQUEUE = """
redis.call('SET', KEYS[1] .. ':' .. ARGV[1], 1, 'PX', ARGV[2])
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], 60)
"""
IS_FIRST = """
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
RENEW = """
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('SET', KEYS[1] .. ':' .. ARGV[1], 1, 'PX', ARGV[2], 'XX')
"""
LEAVE = """
redis.call('LREM', KEYS[1], 0, ARGV[1])
redis.call('DEL', KEYS[1] .. ':' .. ARGV[1])
"""
