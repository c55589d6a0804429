"""The trained assistant: train it, load it."""

from __future__ import annotations

import gc
from pathlib import Path

from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock_store import LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints

from bot.rasa_adapter import patches as shortcuts  # noqa: F401
from bot.rasa_adapter.graph_runner import InOrder
from bot.rasa_adapter.in_process_actions import LocalActions
from bot.rasa_adapter.lock_store import lock_store
from bot.rasa_adapter.model_archive import MODELS, model_path
from bot.rasa_adapter.tracker_store import ConversationStore
from bot.settings import ROOT, settings


def train(folder: Path = MODELS) -> Path:
    """Trains a model and returns its path. Takes a minute or two; models of older inputs are removed.

    Raises RuntimeError when Rasa gives no model, and KnowledgeError for a faulty knowledge base.
    """
    from rasa.model_training import train as rasa_train

    path = model_path(folder)
    result = rasa_train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=str(ROOT / "data"),
        output=str(folder),
        fixed_model_name=path.name.removesuffix(".tar.gz"),
    )
    if result.model is None:
        raise RuntimeError(f"Rasa gave no model (code {result.code}); the log above says why")
    for old in folder.glob("klantkompas-*.tar.gz"):
        if old != path:
            old.unlink()
    return path


def endpoints(file: Path = ROOT / "endpoints.yml") -> AvailableEndpoints:
    """The endpoints of a file; without an action server there, actions run in this process."""
    available = AvailableEndpoints.read_endpoints(str(file))
    if available.action is None:
        available.action = LocalActions()
    return available


async def load(path: Path, available: AvailableEndpoints | None = None) -> Agent:
    """Loads a model and warms it up, so that the first visitor does not wait for it.

    Raises RuntimeError if the model cannot be loaded.
    """
    available = available or endpoints()
    broker = await EventBroker.create(available.event_broker)
    store: TrackerStore = (
        TrackerStore.create(available.tracker_store, event_broker=broker)
        if available.tracker_store
        else ConversationStore(event_broker=broker)
    )
    locks = LockStore.create(available.lock_store) if available.lock_store else lock_store(settings().redis)
    agent = Agent(tracker_store=store, lock_store=locks, action_endpoint=available.action, generator=available.nlg)
    agent.tracker_store = store  # without Rasa's wrapper, which goes on in memory when a store fails, and loses that
    try:
        agent.load_model(path)
    except Exception as error:
        raise RuntimeError(f"{path} could not be loaded ({error}); `bot train` makes a new one") from error
    assert agent.processor is not None
    agent.processor.graph_runner = InOrder(agent.processor.graph_runner)
    await agent.parse_message("warm up")
    gc.collect()
    gc.freeze()  # what was loaded stays; looking through it again and again would stop a turn for a tenth of a second
    return agent
