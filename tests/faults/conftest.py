"""Servers that the tests of faults do their worst to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.running_server import RunningServer

MANY = dict.fromkeys(("messages_per_minute", "messages_per_minute_per_address"), "1000000")
UNLIMITED = {**MANY, "sessions_per_hour_per_address": "1000000"}


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on its embedded databases."""
    running = RunningServer(tmp_path_factory.mktemp("server"), **UNLIMITED)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with as many connections as wanted."""
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=None)) as made:
        yield made
