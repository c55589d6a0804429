"""Fixtures that several kinds of tests share: the knowledge base, and one trained agent with the real actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge import Knowledge, load_knowledge
from bot.quiet import quiet
from bot.settings import settings

quiet()

from rasa.core.agent import Agent  # noqa: E402
from rasa.core.utils import AvailableEndpoints  # noqa: E402

from bot import assistant  # noqa: E402


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The knowledge base as it is."""
    return load_knowledge()


@pytest.fixture(scope="session")
def model() -> Path:
    """The model of the present files; trained here if `make train` has not done so."""
    path = assistant.model_path()
    return path if path.exists() else assistant.train()


@pytest.fixture(scope="session")
def intake_db(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database for requests of this session's conversations."""
    settings().intake_db = f"sqlite:///{tmp_path_factory.mktemp('intake')}/intake.db"
    return settings().intake_db


@pytest.fixture(scope="session")
async def agent(model: Path, intake_db: str) -> Agent:
    """The agent; conversations stay in memory."""
    return await assistant.load(model, AvailableEndpoints(action=assistant.LocalActions()))
