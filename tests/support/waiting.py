"""Waiting for a condition instead of for a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_INTERVAL = 0.02
"""Seconds between checks."""


async def wait_until(condition: Callable[[], T], timeout: float = 15, explain: Callable[[], object] = lambda: "") -> T:
    """Returns the first true value of a condition; fails with an explanation after `timeout` seconds.

    Example:
        >>> await wait_until(lambda: store.is_answered(conversation, 1), explain=lambda: server.log)
    """
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"nothing within {timeout} s: {explain()}"
        await asyncio.sleep(POLL_INTERVAL)
    return value
