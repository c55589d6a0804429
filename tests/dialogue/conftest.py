"""One trained agent with the real actions for all dialogue tests; conversations and requests stay in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.quiet import quiet

quiet()

from rasa.core.agent import Agent  # noqa: E402
from rasa.core.utils import AvailableEndpoints  # noqa: E402

from bot import assistant  # noqa: E402
from bot.settings import settings  # noqa: E402


@pytest.fixture(scope="session")
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for the session, since the agent lives as long."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
async def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """The agent; trained here if `make train` has not done so for the present files."""
    settings().intake_db = f"sqlite:///{tmp_path_factory.mktemp('intake')}/intake.db"
    path: Path = assistant.model_path()
    if not path.exists():
        assistant.train()
    return await assistant.load(path, AvailableEndpoints(action=assistant.LocalActions()))
