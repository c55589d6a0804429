"""The intents of the nearest training examples as features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.components.component import TrainableComponent
from bot.nlu.components.featurizers.base import (
    FEATURIZER,
    SentenceFeatures,
    SentenceFeaturizer,
    Vector,
    features_of,
)
from bot.nlu.importer import full_intent

BATCH_SIZE = 500
"""Examples multiplied at once: one large matrix product is much faster than many small ones."""

PROJECTED_DIMENSIONS = 128
"""Of an embedding's dimensions, how many principal axes are compared with all examples."""

CANDIDATES_PER_NEIGHBOUR = 6
"""Nearest examples by projection that are re-ranked by exact similarity, for each wanted neighbour. 99.6 % of the 60
nearest examples are among these 360, which takes a third of the time."""

DUPLICATE_SIMILARITY = 0.9995
"""Cosine similarity above which two examples count as the same text, rounding included."""

Indices = npt.NDArray[np.intp]


@DefaultV1Recipe.register(FEATURIZER, is_trainable=True)
class NearestNeighboursFeaturizer(TrainableComponent, SentenceFeaturizer):
    """Weighted k-nearest-neighbours vote: one feature for each intent with its sub-intent.

    A linear classifier on the embedding cannot learn every small cluster of examples; these features can.
    """

    STATE = "examples.npz"

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of `get_default_config`."""
        SentenceFeaturizer.__init__(self, config, name)
        self._input = config["input"]
        self._neighbours = int(config["neighbours"])
        self._inverse_temperature = float(config["inverse_temperature"])
        self._set_examples(np.zeros((0, 0), np.float16), np.zeros(0, np.intp))

    def _set_examples(self, vectors: npt.NDArray[np.float16], intents: Indices) -> None:
        exact = vectors.astype(np.float32)
        self._vectors = vectors  # half precision: only the candidates are needed exactly
        self._intents = intents
        self._width = int(intents.max()) + 1 if len(intents) else 0
        self._axes = np.linalg.eigh(exact.T @ exact)[1][:, -PROJECTED_DIMENSIONS:] if len(vectors) else exact
        self._projected = exact @ self._axes

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings.

        `input`: the alias of the featurizer whose vectors are compared. `neighbours`: how many examples vote (k).
        `inverse_temperature`: how fast the weight of a vote decreases with the distance. `scale`: the weight of this
        block.
        """
        return {
            FEATURIZER_CLASS_ALIAS: None,
            "scale": 1.0,
            "input": "e5",
            "neighbours": 60,
            "inverse_temperature": 8.0,
        }

    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Stores the embeddings and intents of the examples, in half precision to save space."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        vectors = np.array([features_of(e, self._input) for e in examples], np.float16)
        intents = np.unique([full_intent(e) for e in examples], return_inverse=True)[1]
        np.savez(folder / self.STATE, vectors=vectors, intents=intents)

    def read(self, folder: Path) -> None:
        """Reads the examples."""
        with np.load(folder / self.STATE) as arrays:
            self._set_examples(arrays["vectors"], arrays["intents"])

    def features(self, message: Message) -> Any:
        """A dense row: the share of each intent in the votes of the nearest examples."""
        vector = features_of(message, self._input)
        candidates = _largest(self._projected @ (vector @ self._axes), CANDIDATES_PER_NEIGHBOUR * self._neighbours)
        return self._votes(self._vectors[candidates].astype(np.float32) @ vector, self._intents[candidates])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to the training examples, each of which is not its own neighbour."""
        examples = [e for e in training_data.nlu_examples if e.get(TEXT)]
        columns = self._vectors.T.astype(np.float32)
        for start in range(0, len(examples), BATCH_SIZE):
            batch = examples[start : start + BATCH_SIZE]
            similarity = np.array([features_of(example, self._input) for example in batch]) @ columns
            similarity[similarity > DUPLICATE_SIMILARITY] = -1.0
            for example, row in zip(batch, similarity, strict=True):
                features = self._votes(row, self._intents) * self._scale
                example.add_features(SentenceFeatures(features, self._identifier))
        return training_data

    def _votes(self, similarity: Vector, intents: Indices) -> Vector:
        nearest = _largest(similarity, self._neighbours)
        weights = np.exp(self._inverse_temperature * (similarity[nearest] - 1))
        votes = np.bincount(intents[nearest], weights, minlength=self._width)
        return (votes / votes.sum()).astype(np.float32)


def _largest(numbers: Vector, count: int) -> Indices:
    """The indices of the `count` largest numbers, in any order."""
    count = min(count, len(numbers))
    return np.argpartition(-numbers, count - 1)[:count]
