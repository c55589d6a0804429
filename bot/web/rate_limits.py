"""Rate limits per visitor and per address, in moving windows."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time

from limits import RateLimitItem
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from bot.errors import RateLimitError

logger = logging.getLogger(__name__)


class RateLimiter:
    """Counts hits in Redis for all servers together if a URL is given, else in this process."""

    def __init__(self, redis_url: str = "") -> None:
        """Takes redis://..., rediss://..., unix:///path, or nothing."""
        self._storages = [MemoryStorage()]  # MovingWindowRateLimiter holds weak references only
        if redis_url:
            url = re.sub("^unix:", "redis+unix:", redis_url)
            self._storages.append(storage_from_string(url, socket_timeout=2, socket_connect_timeout=2))
        self._local, *shared = [MovingWindowRateLimiter(storage) for storage in self._storages]
        self._shared = shared[0] if shared else None

    async def hit(self, limit: RateLimitItem, key: str) -> None:
        """Counts one hit of `key`.

        Raises:
            RateLimitError: The limit is exceeded; the hit is not counted then.
        """
        if self._shared is not None:
            try:
                await asyncio.to_thread(_hit, self._shared, limit, key)
                return
            except RedisError as error:
                logger.warning("Redis failed, counting in this process: %s", error)
        _hit(self._local, limit, key)


def _hit(limiter: MovingWindowRateLimiter, limit: RateLimitItem, key: str) -> None:
    if not limiter.hit(limit, key):
        reset, _ = limiter.get_window_stats(limit, key)
        raise RateLimitError(max(1, math.ceil(reset - time.time())))
