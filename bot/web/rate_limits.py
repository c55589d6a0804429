"""How much a visitor, or all visitors behind one address, may ask in a while."""

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

from bot.settings import settings

logger = logging.getLogger(__name__)


class TooFast(Exception):
    """More than is allowed; `seconds` until it is again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many requests; try again in {seconds} s")


class Limiter:
    """Counts in a moving window: in Redis for all servers if there is one, else in this process."""

    def __init__(self) -> None:
        self._storages = [MemoryStorage()]  # the counters themselves keep but weak references
        if url := settings().redis:
            url = re.sub("^unix:", "redis+unix:", url)
            self._storages.append(storage_from_string(url, socket_timeout=2, socket_connect_timeout=2))
        self._here, *shared = [MovingWindowRateLimiter(storage) for storage in self._storages]
        self._shared = shared[0] if shared else None

    async def count(self, limit: RateLimitItem, who: str) -> None:
        """Counts one more of `who`. Raises TooFast if that is more than `limit` allows; then it does not count."""
        if self._shared is not None:
            try:
                await asyncio.to_thread(_count, self._shared, limit, who)
                return
            except RedisError as error:  # no reason to turn visitors away
                logger.warning("Redis failed, so this process counts on its own: %s", error)
        _count(self._here, limit, who)


def _count(counter: MovingWindowRateLimiter, limit: RateLimitItem, who: str) -> None:
    if not counter.hit(limit, who):
        reset, _ = counter.get_window_stats(limit, who)
        raise TooFast(max(1, math.ceil(reset - time.time())))
