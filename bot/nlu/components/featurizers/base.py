"""Bases of the featurizers: one scaled row of features for each message."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.components.component import Component

FEATURIZER = DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER

Vector = npt.NDArray[np.float32]


class SentenceFeatures(Features):
    """Features of a whole message, with a fast fingerprint.

    Rasa takes fingerprints of all training examples before each component. Its own prints every number of a sparse
    row as text, which was a fifth of the time of training.
    """

    def __init__(self, row: Any, origin: str) -> None:
        """Takes one row, sparse or dense, and the name of its featurizer."""
        super().__init__(row, FEATURE_TYPE_SENTENCE, TEXT, origin)

    def fingerprint(self) -> str:
        """A hash of origin and numbers."""
        digest = hashlib.md5(self.origin.encode(), usedforsecurity=False)
        parts = (self.features,) if self.is_dense() else (self.features.indices, self.features.data)
        for part in parts:
            digest.update(part.tobytes())
        return digest.hexdigest()


class SentenceFeaturizer(Component, Featurizer[Any]):
    """Base of the featurizers: one scaled row of features for each message."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of config.yml, and the name by which later components find the features."""
        Featurizer.__init__(self, name, config)
        self._scale = float(config["scale"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`scale`: the weight of this block among the others."""
        return {FEATURIZER_CLASS_ALIAS: None, "scale": 1.0}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises ValueError for a scale that is not positive."""
        if not float(config["scale"]) > 0:
            raise ValueError(f"{cls.__name__}: scale: expected a positive number, not {config['scale']}")

    @abstractmethod
    def features(self, message: Message) -> Any:
        """One new row of features, dense or sparse, not yet scaled."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features to each message with text."""
        for message in messages:
            if message.get(TEXT):
                row = self.features(message)
                row *= self._scale
                message.add_features(SentenceFeatures(row, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to the training examples."""
        self.process(training_data.nlu_examples)
        return training_data


def features_of(message: Message, featurizer: str) -> Vector:
    """The features that an earlier featurizer added, normalised."""
    return normalised(np.ravel(next(f.features for f in message.features if f.origin == featurizer)))


def normalised(rows: npt.NDArray[Any]) -> Vector:
    """Rows, or one row, divided by their lengths."""
    rows = rows.astype(np.float32)
    length: Vector = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.maximum(length, 1e-9)
