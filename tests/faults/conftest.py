"""Servers that the tests of faults do their worst to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import UNLIMITED, Server


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on its embedded databases."""
    running = Server(tmp_path_factory.mktemp("server"), **UNLIMITED)
    running.start()
    yield running
    running.stop()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with as many connections as wanted."""
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=None)) as made:
        yield made
