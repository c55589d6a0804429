"""The trained assistant: messages in, answers out. Hides Rasa from the rest of `bot`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from rasa.core.brokers.broker import EventBroker
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import LockError, LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.advice.answer import Answer, Section
from bot.errors import LockTimeoutError, ModelError
from bot.observability import metrics
from bot.rasa_adapter.agent import Agent
from bot.rasa_adapter.in_process_actions import InProcessActions
from bot.rasa_adapter.lock_store import LOCK_TIMEOUT, lock_store
from bot.rasa_adapter.tracker_store import ConversationTrackerStore
from bot.settings import ROOT, Settings

ENDPOINTS = ROOT / "endpoints.yml"


class Assistant:
    """A loaded model with its tracker store, locks and actions."""

    def __init__(self, agent: Agent) -> None:
        """Takes an agent whose model is loaded."""
        self.agent = agent

    @classmethod
    async def load(
        cls, model: Path, settings: Settings, actions: Mapping[str, Callable[..., Any]], endpoints: Path = ENDPOINTS
    ) -> Assistant:
        """Loads a model archive, and parses one message so that the first visitor does not wait for lazy loading.

        Args:
            model: The archive.
            settings: Database, Redis and action server.
            actions: Custom actions by name, run in this process unless `settings.action_server` is set.
            endpoints: Rasa's endpoints.yml; its tracker store, lock store, event broker and NLG are used if given.

        Raises:
            ModelError: The model could not be loaded.
        """
        available = AvailableEndpoints.read_endpoints(str(endpoints))
        broker = await EventBroker.create(available.event_broker)
        store: TrackerStore = (
            TrackerStore.create(available.tracker_store, event_broker=broker)
            if available.tracker_store
            else ConversationTrackerStore(settings.conversations_db, event_broker=broker)
        )
        locks = LockStore.create(available.lock_store) if available.lock_store else lock_store(settings.redis)
        endpoint = EndpointConfig(settings.action_server) if settings.action_server else InProcessActions(actions)
        agent = Agent(tracker_store=store, lock_store=locks, action_endpoint=endpoint, generator=available.nlg)
        try:
            agent.load_model(model)
        except Exception as error:
            raise ModelError(f"{model} could not be loaded ({error}); `klantkompas train` makes a new one") from error
        await agent.parse_message("warm up")
        gc.collect()
        gc.freeze()  # later collections skip what was loaded; scanning it would pause a turn for 0.1 s
        return cls(agent)

    async def respond(
        self,
        text: str,
        conversation: str,
        channel: str,
        metadata: Mapping[str, Any],
        on_answer: Callable[[Answer], None],
    ) -> None:
        """Runs one turn: NLU, rules, actions. The caller holds the lock of the conversation.

        Args:
            text: The message, or the payload of a button.
            conversation: Id of the conversation (Rasa's sender_id).
            channel: Name of the chat channel (Rasa's input_channel).
            metadata: Stored with the message, readable by actions.
            on_answer: Called with each answer, as soon as an action gives it.
        """
        processor = self.agent.processor
        message = UserMessage(text, _Answers(on_answer), conversation, input_channel=channel, metadata=dict(metadata))
        message.parse_data = await processor.parse_message(message)
        intent = message.parse_data["intent"]["name"]
        metrics.INTENTS.labels(intent).inc()
        if intent in metrics.NOT_UNDERSTOOD:
            metrics.FALLBACKS.labels(intent).inc()
        await processor.handle_message(message)

    @asynccontextmanager
    async def lock(self, conversation: str, timeout: float | None = LOCK_TIMEOUT) -> AsyncIterator[None]:
        """Holds the lock of a conversation, in the order of arrival.

        Raises:
            LockTimeoutError: It was not acquired within `timeout` seconds (None: no timeout), or Redis failed.
        """
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.agent.lock_store.lock(conversation, timeout))
            except LockError as error:
                raise LockTimeoutError(str(error)) from error
            yield

    async def slots(self, conversation: str) -> Mapping[str, Any]:
        """The slot values of a conversation; none if it is new."""
        tracker = await self._tracker(conversation)
        return tracker.current_slot_values() if tracker else {}

    async def has_active_form(self, conversation: str) -> bool:
        """Whether a form asks for its next field."""
        tracker = await self._tracker(conversation)
        return bool(tracker and tracker.active_loop_name)

    def checks(self) -> Mapping[str, Callable[[], Awaitable[object]]]:
        """Health checks by part; each raises if the part does not work."""
        return {
            "model": self._check_model,
            "actions": self._check_actions,
            "conversations": lambda: self._tracker("health check"),
            "locks": self._check_locks,
        }

    async def _tracker(self, conversation: str) -> DialogueStateTracker | None:
        return await self.agent.tracker_store.retrieve(conversation)

    async def _check_model(self) -> None:
        if not self.agent.is_ready():
            raise ModelError("no model is loaded")

    async def _check_locks(self) -> None:
        async with self.lock(f"health check {id(self)}"):
            pass

    async def _check_actions(self) -> None:
        """Asks an action server for its health; actions in this process need no check."""
        endpoint = self.agent.action_endpoint
        if isinstance(endpoint, InProcessActions):
            return
        url = f"{endpoint.url.rpartition('/')[0]}/health"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            response.raise_for_status()


class _Answers(OutputChannel):
    """Passes on each answer whole; Rasa's channels split a text at blank lines."""

    def __init__(self, on_answer: Callable[[Answer], None]) -> None:
        self._on_answer = on_answer

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Called by Rasa for each message of an action."""
        if message.get("custom"):
            self._on_answer(Answer.from_json(message["custom"]))
        elif message.get("text"):  # an utterance of Rasa's own, not of our actions
            self._on_answer(Answer("nl", (Section(text=message["text"]),)))
