"""The trained assistant: train it, load it, with the actions in the same process."""

from __future__ import annotations

import gc
import json
import logging
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock_store import LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.model import MODELS, model_path
from bot.settings import ROOT, settings
from bot.stores.conversations import ConversationStore
from bot.stores.locks import lock_store

logger = logging.getLogger(__name__)


class LocalActions(EndpointConfig):
    """Runs actions in this process instead of posting them to an action server.

    An action that rejects its execution is reported the way the action server does.
    """

    def __init__(self) -> None:
        super().__init__(url="local")
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, method: str = "post", **kwargs: Any) -> Any:
        """Runs the action that the call names."""
        given = kwargs["json"]
        # A copy by way of JSON: actions may change what they get, and get the types that a server would. But for the
        # domain, which is large and which none of ours changes.
        call = {**given, "tracker": json.loads(json.dumps(given["tracker"]))}
        try:
            return await self._executor.run(call)
        except ActionExecutionRejection as rejection:
            text = json.dumps({"error": rejection.message, "action_name": rejection.action_name})
            raise ClientResponseError(400, rejection.message, text) from rejection


@lru_cache(maxsize=1)
def _format_of_results() -> Draft7Validator:
    return Draft7Validator(RemoteAction.action_response_format_spec())


def _check_result(_: RemoteAction, result: dict[str, Any]) -> bool:
    """Whether an action's result has the format that Rasa wants. Raises jsonschema.ValidationError.

    Rasa's own check says the same, but first checks the format's own description, anew for every action: that was
    half of the time of a turn (Rasa's issue 11717). There is no other way in than to put ours in its place.
    """
    for error in _format_of_results().iter_errors(result):
        where = "/".join(map(str, error.path))
        # Not the error itself, which prints all of the result, and so what the visitor said.
        raise ValidationError(f"an action's result has a wrong format at {where or 'the top'}")
    return True


RemoteAction._validate_action_result = _check_result


class InOrder(GraphRunner):
    """Runs the components of a loaded model one after the other.

    Rasa hands them to dask, whose scheduler costs some milliseconds a turn and has nothing to schedule.
    """

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema: GraphSchema = loaded._graph_schema
        self._nodes: dict[str, GraphNode] = loaded._instantiated_nodes
        self._orders: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> InOrder:
        """A runner for a model that is still to be loaded."""
        return cls(DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks))

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of `targets`, given what is put in."""
        wanted = tuple(targets or self._schema.target_names)
        results = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._order(wanted):
            results[name] = self._nodes[name](*(results.get(need, need) for need in needs))
        return {name: results[name][1] for name in wanted}

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, list[str]]]:
        """The components that the targets need, each after those that it needs itself."""
        if targets not in self._orders:
            nodes = self._schema.minimal_graph_schema(list(targets)).nodes
            needs = {name: list(node.needs.values()) for name, node in nodes.items()}
            order = TopologicalSorter(needs).static_order()
            self._orders[targets] = [(name, needs[name]) for name in order if name in needs]
        return self._orders[targets]


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
