"""Fixtures: a fake Slack for the tests of the fake, and one that a running advisor is connected to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.fake_slack import FakeSlack
from tests.slack.team import Team
from tests.support.server import Server


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """A fake Slack that listens."""
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    """A client of it without retries."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=[])


@pytest.fixture(scope="session")
async def connected(model: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    """A running advisor that a fake Slack reaches by HTTP and by Socket Mode, with the rights of the manifest."""
    async with FakeSlack(scopes=Team.scopes()) as fake:
        server = Server(tmp_path_factory.mktemp("slack"), **Team.settings(fake), messages_per_minute="30")
        await asyncio.to_thread(server.start)
        await fake.socket_connected(10)
        yield Team(fake, server)
        assert await asyncio.to_thread(server.stop) == 0, server.log


@pytest.fixture
async def team(connected: Team) -> AsyncIterator[Team]:
    """The same, with a clean slate: no faults, and only the calls of this test."""
    connected.slack.heal()
    connected.slack.calls.clear()
    yield connected
    connected.slack.heal()
    assert "Traceback" not in connected.new_log(), connected.log
