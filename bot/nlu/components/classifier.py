"""Chooses the intent: logistic regression on all features, with probabilities that mean what they say.

Rasa's LogisticRegressionClassifier does the same sum, but always balances the classes (which made rare intents
loud), has no C, no temperature and no say in when to answer "I don't know", and copies its features at each message.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from bot.nlu.components.featurizers import PIECES, SETTLED
from bot.nlu.components.language import language_of
from bot.nlu.evidence import Block, phrases
from bot.nlu.scope import is_unknown

EVIDENCE = "evidence"
EXPLAINED_FROM = 0.1
"""Intents from this probability get the words that speak for them."""

Weights = npt.NDArray[np.float32]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(IntentClassifier, GraphComponent):
    """Adds `intent`, `intent_ranking` and, for the phases, `evidence` (intent -> phrases of the message).

    A pipeline may have two: one that settles what the cheap features make clear, and one for the rest.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        labels: list[str],
        bias: Weights,
        weights: dict[str, Weights],
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._labels = labels
        self._bias = bias
        self._weights = weights
        self._explained = [i for i, label in enumerate(labels) if label.startswith(config["explain"])]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings.

        `of`: the aliases of the featurizers that it listens to; none for all. `settles_from`: from this probability of
        the best intent the message is settled, else it is left to the next classifier; none for every message.
        `C`: inverse strength of regularisation. `temperature`: divides the scores before they become probabilities;
        above 1 it makes the model less sure of itself. `out_of_scope_from`: from this probability of the intent
        `out_of_scope` a message may count as such (bot/nlu/scope.py). `explain`: how the names of the intents
        begin that get evidence. `max_iter`, `tol`, `random_state`: as in scikit-learn.
        """
        return {
            "of": None,
            "settles_from": None,
            "C": 1.0,
            "temperature": 1.0,
            "out_of_scope": "out_of_scope",
            "out_of_scope_from": 0.5,
            "explain": "struggle_",
            "max_iter": 100,
            "tol": 1e-3,
            "random_state": 42,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource, [], np.zeros(0, np.float32), {})

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises ValueError for a setting out of its range."""
        for key in ("C", "temperature"):
            if not float(config[key]) > 0:
                raise ValueError(f"{cls.__name__}: {key}: expected a positive number, not {config[key]}")
        for key in ("out_of_scope_from", "settles_from"):
            if config[key] is not None and not 0 < float(config[key]) <= 1:
                raise ValueError(f"{cls.__name__}: {key}: expected a probability, not {config[key]}")

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the weights and keeps them by featurizer."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        parts = self._features(examples[0])
        matrix = scipy.sparse.vstack([_row(self._features(example)) for example in examples], format="csr")
        settings = {key: self._config[key] for key in ("C", "max_iter", "tol", "random_state")}
        model = LogisticRegression(**settings).fit(matrix, [example.get(INTENT) for example in examples])
        by_column = model.coef_.T.astype(np.float32)
        start = 0
        arrays: dict[str, npt.NDArray[Any]] = {}
        for origin, part in parts.items():
            width = part.features.shape[-1]
            arrays[f"weights:{origin}"] = np.ascontiguousarray(by_column[start : start + width])
            start += width
        with self._model_storage.write_to(self._resource) as folder:
            np.savez_compressed(
                folder / "classifier.npz",
                labels=np.array(model.classes_, dtype=str),
                bias=model.intercept_.astype(np.float32),
                **arrays,
            )
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CalibratedClassifier:
        """The classifier as it was trained."""
        with model_storage.read_from(resource) as folder, np.load(folder / "classifier.npz") as kept:
            weights = {name.removeprefix("weights:"): kept[name] for name in kept.files if name.startswith("weights:")}
            return cls(config, model_storage, resource, kept["labels"].tolist(), kept["bias"], weights)

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies messages of visitors."""
        for message in messages:
            if message.get(TEXT) and not message.get(SETTLED):
                self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        parts = self._features(message)
        scores = self._bias.copy()
        for origin, part in parts.items():
            scores += np.asarray(part.features @ self._weights[origin]).reshape(-1)
        probabilities = softmax(scores / self._config["temperature"])
        if least := self._config["settles_from"]:
            if probabilities.max() < least:
                return
            message.set(SETTLED, True)
        ranking = [{"name": self._labels[i], "confidence": float(probabilities[i])} for i in np.argsort(-probabilities)]
        outside = next((i for i in ranking if i["name"] == self._config["out_of_scope"]), None)
        best = next(i for i in ranking if i is not outside)
        threshold = self._config["out_of_scope_from"]
        if outside and is_unknown(outside["confidence"], best["confidence"], threshold):
            best = outside
        message.set(INTENT, best, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(EVIDENCE, self._evidence(message, parts, probabilities), add_to_output=True)

    def _features(self, message: Message) -> dict[str, Features]:
        """The features of the whole message that it listens to, by the featurizer that made them."""
        of = self._config["of"]
        return {
            f.origin: f
            for f in message.features
            if f.type == FEATURE_TYPE_SENTENCE and f.attribute == TEXT and (not of or f.origin in of)
        }

    def _evidence(self, message: Message, parts: dict[str, Features], probabilities: Weights) -> dict[str, list[str]]:
        likely = [i for i in self._explained if probabilities[i] >= EXPLAINED_FROM]
        if not likely:
            return {}
        blocks = []
        for origin, pieces in message.get(PIECES, {}).items():
            if origin not in parts:
                continue
            row = parts[origin].features
            values = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
            blocks.append(Block(pieces, values, self._weights[origin]))
        found = {}
        for i in likely:
            rivals = [other for other in self._explained if other != i]
            if words := phrases(message.get(TEXT), blocks, i, rivals, language_of(message)):
                found[self._labels[i]] = words
        return found


def _row(parts: dict[str, Features]) -> scipy.sparse.csr_matrix:
    return scipy.sparse.hstack([scipy.sparse.csr_matrix(part.features) for part in parts.values()], format="csr")
