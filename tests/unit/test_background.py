"""Periodic work goes on after a failure, and its log tells a bug from a database that is down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from bot.background import every
from bot.errors import StorageError


async def _run(errors: Iterator[Exception], runs: int) -> None:
    """Waits until periodic work that raises these errors, then succeeds, has run this often."""
    finished, calls = asyncio.Event(), 0

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls == runs:
            finished.set()
        if error := next(errors, None):
            raise error

    task = asyncio.create_task(
        every(0.001, work, "work", retry_after=0.001, is_transient=lambda error: isinstance(error, StorageError))
    )
    await asyncio.wait_for(finished.wait(), 5)
    task.cancel()


async def test_a_transient_error_is_a_warning_without_traceback(caplog: pytest.LogCaptureFixture) -> None:
    await _run(iter([StorageError("down")]), runs=2)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert not record.exc_info
    assert "work: StorageError('down')" in record.getMessage()


async def test_another_error_is_an_error_with_traceback(caplog: pytest.LogCaptureFixture) -> None:
    await _run(iter([KeyError("bug"), StorageError("down")]), runs=3)
    bug, down = caplog.records
    assert bug.levelno == logging.ERROR
    assert bug.exc_info is not None
    assert bug.exc_info[0] is KeyError
    assert down.levelno == logging.WARNING
