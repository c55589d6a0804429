"""Bases of the graph components: how Rasa creates, trains and loads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData
from typing_extensions import Self


class Component(GraphComponent):
    """A graph component that is created from its keys of config.yml and its name in the graph."""

    _model_storage: ModelStorage
    _resource: Resource

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of config.yml, completed with the defaults."""
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """The component before training."""
        component = cls(config, execution_context.node_name)
        component._model_storage = model_storage
        component._resource = resource
        return component


class TrainableComponent(Component, ABC):
    """A component that keeps its trained state in a folder of the model archive."""

    @abstractmethod
    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Learns from the training data, and writes the trained state into a folder."""

    @abstractmethod
    def read(self, folder: Path) -> None:
        """Reads what `fit` wrote."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the training data, and stores the trained state."""
        with self._model_storage.write_to(self._resource) as folder:
            self.fit(training_data, folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """The component as it was trained."""
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component.read(folder)
        return component
