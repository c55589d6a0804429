"""Background work: periodically, with retries, and tasks that are not lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

logger = logging.getLogger(__name__)


async def every(
    seconds: float,
    work: Callable[[], Awaitable[object]],
    name: str,
    *,
    retry_after: float | None = None,
    max_retry_after: float | None = None,
    is_transient: Callable[[BaseException], bool] = lambda error: False,
) -> None:
    """Runs `work` now and again `seconds` after each run, until cancelled. A failure is logged and does not end it.

    Args:
        seconds: Pause after a run that succeeded.
        work: What to do.
        name: For the log.
        retry_after: Pause after the first failure; doubled at each further one. By default `seconds`.
        max_retry_after: Longest pause after a failure. By default `retry_after`.
        is_transient: Whether an error is expected to pass: it is logged as a warning. Others are logged as errors, with
            their traceback.
    """
    retry_after = retry_after or seconds
    failures = 0
    while True:
        try:
            await work()
            failures = 0
            pause = seconds
        except Exception as error:
            pause = min(retry_after * 2**failures, max_retry_after or retry_after)
            failures += 1
            level = logging.WARNING if is_transient(error) else logging.ERROR
            message = "periodic work failed: %s: %r; next attempt in %.0f s"
            logger.log(level, message, name, error, pause, exc_info=level == logging.ERROR)
        await asyncio.sleep(pause)


def retrying(seconds: Sequence[float], is_transient: Callable[[BaseException], bool]) -> AsyncRetrying:
    """Attempts for a block, with pauses between them; the last error is raised.

    Example:
        >>> async for attempt in retrying((0.2, 1.0), lambda error: isinstance(error, StorageError)):
        ...     with attempt:
        ...         return await store()

    Args:
        seconds: Pauses; there is one attempt more.
        is_transient: Whether an error is worth another attempt.
    """
    return AsyncRetrying(
        retry=retry_if_exception(is_transient),
        wait=wait_chain(*map(wait_fixed, seconds)),
        stop=stop_after_attempt(1 + len(seconds)),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    )


class BackgroundTasks:
    """Keeps references to asyncio tasks, which the event loop itself holds only weakly."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Runs an awaitable as a task."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, timeout: float) -> None:
        """Waits up to `timeout` seconds for the tasks to end, then cancels the others."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout)
        self.cancel()

    def cancel(self) -> None:
        """Cancels all tasks."""
        for task in set(self._tasks):
            task.cancel()
