"""Rasa's Agent and MessageProcessor, adapted by subclassing: what is built differently for one turn."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import rasa.core.agent
from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata

from bot.rasa_adapter.graph_runner import SequentialGraphRunner


class Processor(MessageProcessor):
    """A MessageProcessor that runs the graph sequentially."""

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, SequentialGraphRunner]:
        """Loads a model archive with `SequentialGraphRunner` in the place of Dask's runner."""
        with TemporaryDirectory() as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), Path(model_path), LocalModelStorage, SequentialGraphRunner
            )
        return os.path.basename(model_path), metadata, runner


class Agent(rasa.core.agent.Agent):
    """An Agent with `Processor`, and without Rasa's FailSafeTrackerStore.

    The latter continues in memory when a database fails, and loses that part of the conversation.
    """

    @staticmethod
    def _create_tracker_store(store: Any, domain: Any) -> Any:
        return store

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Loads a model; otherwise the same as Rasa's."""
        self.processor = Processor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain
        self.nlg.responses = self.domain.responses
