"""How much a visitor, or all visitors behind one address, may ask in a while."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class TooFast(Exception):
    """More than is allowed; `seconds` until it is again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many requests; try again in {seconds} s")


class Limiter:
    """Counts in this process, in a moving window."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()  # the counter itself keeps but a weak reference
        self._counter = MovingWindowRateLimiter(self._storage)

    def count(self, limit: RateLimitItem, who: str) -> None:
        """Counts one more of `who`. Raises TooFast if that is more than `limit` allows; then it does not count."""
        if not self._counter.hit(limit, who):
            reset, _ = self._counter.get_window_stats(limit, who)
            raise TooFast(max(1, math.ceil(reset - time.time())))
