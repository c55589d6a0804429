"""Ranks the exchanges of the knowledge base by how near the message is to what owners say in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from bot.nlu.components.component import TrainableComponent
from bot.nlu.components.featurizers.base import Vector, features_of, normalised
from bot.nlu.importer import EXCHANGE

EXCHANGES = "exchanges"
"""Message key: the nearest exchanges, each with the cosine similarity to its centroid as confidence."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ExchangeRanker(TrainableComponent):
    """Nearest centroid among the exchanges, whose sentences the importer adds without an intent.

    Sentences are compared after linear discriminant analysis, which keeps the directions that separate exchanges:
    two sentences about visitors are near each other in every encoder, whatever they say of them. Which exchange is
    meant also depends on the conversation, so the advice chooses from this ranking (bot/advice/exchanges.py).
    """

    STATE = "centroids.npz"

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of `get_default_config`."""
        super().__init__(config, name)
        self._axes: npt.NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._centroids = self._axes
        self._names: list[str] = []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings.

        `inputs`: the aliases of the featurizers whose vectors are joined. `shrinkage`: of the covariance within
        exchanges, from 0 to 1. `dimensions`: discriminant axes that are kept. `ranked`: exchanges that are kept.
        """
        return {"inputs": ["e5", "use"], "shrinkage": 0.9, "dimensions": 256, "ranked": 30}

    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Learns the axes, and stores the centroid of each exchange on them."""
        examples = [e for e in training_data.training_examples if e.get(EXCHANGE)]
        names, labels = np.unique([str(e.get(EXCHANGE)) for e in examples], return_inverse=True)
        axes = centroids = np.zeros((0, 0), np.float32)
        if len(names) > 1:
            vectors = np.array([self._vector(e) for e in examples])
            dimensions = min(int(self._config["dimensions"]), len(names) - 1)
            analysis = LinearDiscriminantAnalysis(solver="eigen", shrinkage=float(self._config["shrinkage"]))
            axes = analysis.fit(vectors, labels).scalings_[:, :dimensions].astype(np.float32)
            projected = normalised(vectors @ axes)
            centroids = normalised(np.array([projected[labels == n].mean(axis=0) for n in range(len(names))]))
        np.savez(folder / self.STATE, axes=axes, centroids=centroids, names=names.astype(str))

    def read(self, folder: Path) -> None:
        """Reads axes and centroids."""
        with np.load(folder / self.STATE) as arrays:
            self._axes, self._centroids = arrays["axes"], arrays["centroids"]
            self._names = arrays["names"].tolist()

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the ranking of each message with text."""
        for message in messages:
            if message.get(TEXT):
                message.set(EXCHANGES, self._ranking(self._vector(message)), add_to_output=True)
        return messages

    def _vector(self, message: Message) -> Vector:
        return np.concatenate([features_of(message, featurizer) for featurizer in self._config["inputs"]])

    def _ranking(self, vector: Vector) -> list[dict[str, Any]]:
        """The nearest exchanges, in Rasa's format of rankings."""
        if not self._names:
            return []
        similarity = self._centroids @ normalised(vector @ self._axes)
        best = np.argsort(-similarity)[: int(self._config["ranked"])]
        return [{"name": self._names[i], "confidence": round(float(similarity[i]), 4)} for i in best]
