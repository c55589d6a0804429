"""Fixtures that several kinds of tests share: the knowledge base, and one trained agent with the real actions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.knowledge import Knowledge, load_knowledge
from bot.rasa_adapter.environment import quiet
from bot.settings import settings

quiet()

from rasa.core.agent import Agent  # noqa: E402
from rasa.core.utils import AvailableEndpoints  # noqa: E402

from bot.rasa_adapter import agent as assistant  # noqa: E402
from bot.rasa_adapter.in_process_actions import LocalActions  # noqa: E402
from tests.databases import Postgres, RedisServer  # noqa: E402


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The knowledge base as it is."""
    return load_knowledge(settings().knowledge)


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
async def agent(model: Path, intake_db: str, tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """The agent, with conversations of this session."""
    settings().conversations_db = f"sqlite:///{tmp_path_factory.mktemp('conversations')}/conversations.db"
    return await assistant.load(model, AvailableEndpoints(action=LocalActions()))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL. Who makes it fail lets it come back."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis. Who makes it fail lets it come back."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.close()
