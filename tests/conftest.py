"""Fixtures that several kinds of tests share. Those that need Rasa import it themselves: unit tests start fast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from bot.knowledge import Knowledge, load_knowledge
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.chat.turns import TurnService
    from bot.rasa_adapter.agent import Agent
    from bot.rasa_adapter.assistant import Assistant
    from bot.services import Services
    from tests.support.databases import Postgres, RedisServer

hypothesis_settings.register_profile("no_deadline", deadline=None)  # an example that imports scipy takes its time
hypothesis_settings.load_profile("no_deadline")

FOLDER = Path(__file__).parent
GROUPS = dict.fromkeys(("unit", "dialogue", "nlu", "integration"), "assistant")
"""Folders that share one loaded assistant."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test with its folder: `pytest -m "not browser"`. With pytest-xdist a folder stays in one process."""
    for item in items:
        folder = item.path.relative_to(FOLDER).parts[0]
        item.add_marker(folder)
        item.add_marker(pytest.mark.xdist_group(GROUPS.get(folder, folder)))


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The knowledge base as it is."""
    return load_knowledge(Settings().knowledge)


@pytest.fixture(scope="session")
def model(knowledge: Knowledge) -> Path:
    """The model of the present files; trained here if `make train` has not done so."""
    from bot.rasa_adapter import environment
    from bot.rasa_adapter.model_archive import model_path
    from bot.rasa_adapter.training import train

    environment.configure()
    path = model_path(knowledge)
    return path if path.exists() else train(knowledge)


@pytest.fixture(scope="session")
def services(knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Services with databases of this session."""
    from bot.services import Services

    folder = tmp_path_factory.mktemp("databases")
    return Services.create(
        Settings(
            intake_db=f"sqlite:///{folder}/intake.db",
            messages_db=f"sqlite:///{folder}/messages.db",
            conversations_db=f"sqlite:///{folder}/conversations.db",
        )
    )


@pytest.fixture(scope="session")
async def assistant(model: Path, services: Services) -> Assistant:
    """The assistant as it is served, with the real actions in this process."""
    from bot.rasa_adapter import environment, patches

    environment.configure()
    from actions.table import sdk_actions
    from bot.rasa_adapter.assistant import Assistant

    patches.apply()
    return await Assistant.load(model, services.settings, sdk_actions(services))


@pytest.fixture(scope="session")
def agent(assistant: Assistant) -> Agent:
    """Rasa's agent inside the assistant."""
    return assistant.agent


@pytest.fixture(scope="session")
async def turns(assistant: Assistant, services: Services) -> TurnService:
    """The turn service with that assistant."""
    from bot.chat.turns import TurnService

    return TurnService(assistant, services)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server. A test that makes it fail lets it come back."""
    from tests.support.databases import Postgres

    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server. A test that makes it fail lets it come back."""
    from tests.support.databases import RedisServer

    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.close()
