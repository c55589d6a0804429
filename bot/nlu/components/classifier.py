"""Chooses the intent: multinomial logistic regression on all features, with calibrated probabilities.

Rasa's LogisticRegressionClassifier is the same model, but always balances the classes (which overrates rare intents),
has no C, no temperature and no out-of-scope threshold, and copies its features for each message.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from bot.nlu.attribution import FeatureBlock, decisive_phrases
from bot.nlu.components.component import TrainableComponent
from bot.nlu.components.featurizers import EARLY_EXIT, SPANS
from bot.nlu.components.language_detector import language_of
from bot.nlu.scope import is_out_of_scope

ATTRIBUTION = "attribution"
"""Message key: for each likely phase intent, the phrases of the message that decided for it."""

MIN_ATTRIBUTED = 0.1
"""Probability from which an intent gets an attribution."""

STATE = "classifier.npz"
WEIGHTS = "weights:"
"""Prefix of the arrays with the weights of one featurizer each."""

Weights = npt.NDArray[np.float32]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(TrainableComponent, IntentClassifier):
    """Adds `intent`, `intent_ranking` and `attribution` (intent -> phrases of the message).

    A pipeline may have two, as a cascade: the first one, on the cheap features, is final where it is confident enough
    (`early_exit_from`); the second one, on all features, classifies the other messages.

    The attribution is read from the weights. For "genoeg bezoekers, maar niemand bestelt" it may be
    `{"struggle_do": ["niemand bestelt"]}`.
    """

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of `get_default_config`."""
        super().__init__(config, name)
        self.validate_config(config)
        self._labels: list[str] = []
        self._bias = np.zeros(0, np.float32)
        self._weights: dict[str, Weights] = {}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings.

        `inputs`: aliases of the featurizers whose features are used; null for all. `early_exit_from`: probability of
        the best intent from which it is final, so that the later components skip the message; null for always.
        `C`: inverse strength of regularisation. `temperature`: divides the logits; above 1 it lowers the confidence.
        `out_of_scope_from`: probability from which the intent `out_of_scope` may win without being the best
        (bot/nlu/scope.py). `explain`: prefix of the intents that get an attribution. `max_iter`, `tol`,
        `random_state`: as in scikit-learn.
        """
        return {
            "inputs": None,
            "early_exit_from": None,
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
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises ValueError for a setting out of its range."""
        for key in ("C", "temperature"):
            if not float(config[key]) > 0:
                raise ValueError(f"{cls.__name__}: {key}: expected a positive number, not {config[key]}")
        for key in ("out_of_scope_from", "early_exit_from"):
            if config[key] is not None and not 0 < float(config[key]) <= 1:
                raise ValueError(f"{cls.__name__}: {key}: expected a probability, not {config[key]}")

    def fit(self, training_data: TrainingData) -> None:
        """Fits the weights, and splits them by featurizer."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        matrix = scipy.sparse.vstack([_row(self._features(example)) for example in examples], format="csr")
        settings = {key: self._config[key] for key in ("C", "max_iter", "tol", "random_state")}
        model = LogisticRegression(**settings).fit(matrix, [example.get(INTENT) for example in examples])
        self._labels = [str(label) for label in model.classes_]
        self._bias = model.intercept_.astype(np.float32)
        by_column = model.coef_.T.astype(np.float32)
        start = 0
        for featurizer, block in self._features(examples[0]).items():
            end = start + block.features.shape[-1]
            self._weights[featurizer] = np.ascontiguousarray(by_column[start:end])
            start = end

    def write(self, folder: Path) -> None:
        """Writes labels, bias and weights."""
        weights = {f"{WEIGHTS}{featurizer}": weights for featurizer, weights in self._weights.items()}
        np.savez_compressed(folder / STATE, labels=np.array(self._labels, dtype=str), bias=self._bias, **weights)

    def read(self, folder: Path) -> None:
        """Reads labels, bias and weights."""
        with np.load(folder / STATE) as arrays:
            self._labels = arrays["labels"].tolist()
            self._bias = arrays["bias"]
            self._weights = {n.removeprefix(WEIGHTS): arrays[n] for n in arrays.files if n.startswith(WEIGHTS)}

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies visitors' messages."""
        for message in messages:
            if message.get(TEXT) and not message.get(EARLY_EXIT):
                self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        blocks = self._features(message)
        logits = self._bias.copy()
        for featurizer, block in blocks.items():
            logits += np.asarray(block.features @ self._weights[featurizer]).reshape(-1)
        probabilities = softmax(logits / self._config["temperature"])
        if early_exit_from := self._config["early_exit_from"]:
            if probabilities.max() < early_exit_from:
                return
            message.set(EARLY_EXIT, True)
        ranking = [{"name": self._labels[i], "confidence": float(probabilities[i])} for i in np.argsort(-probabilities)]
        outside = next((i for i in ranking if i["name"] == self._config["out_of_scope"]), None)
        best = next(i for i in ranking if i is not outside)
        threshold = self._config["out_of_scope_from"]
        if outside and is_out_of_scope(outside["confidence"], best["confidence"], threshold):
            best = outside
        message.set(INTENT, best, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(ATTRIBUTION, self._attribution(message, blocks, probabilities), add_to_output=True)

    def _features(self, message: Message) -> dict[str, Features]:
        """The sentence features that this classifier uses, by featurizer."""
        inputs = self._config["inputs"]
        return {
            f.origin: f
            for f in message.features
            if f.type == FEATURE_TYPE_SENTENCE and f.attribute == TEXT and (not inputs or f.origin in inputs)
        }

    def _attribution(
        self, message: Message, blocks: dict[str, Features], probabilities: Weights
    ) -> dict[str, list[str]]:
        explained = [i for i, label in enumerate(self._labels) if label.startswith(self._config["explain"])]
        likely = [i for i in explained if probabilities[i] >= MIN_ATTRIBUTED]
        if not likely:
            return {}
        feature_blocks = []
        for featurizer, spans in message.get(SPANS, {}).items():
            if featurizer in blocks:
                row = blocks[featurizer].features
                values = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
                feature_blocks.append(FeatureBlock(spans, values, self._weights[featurizer]))
        attribution = {}
        for i in likely:
            competitors = [other for other in explained if other != i]
            phrases = decisive_phrases(message.get(TEXT), feature_blocks, i, competitors, language_of(message))
            if phrases:
                attribution[self._labels[i]] = phrases
        return attribution


def _row(blocks: dict[str, Features]) -> scipy.sparse.csr_matrix:
    return scipy.sparse.hstack([scipy.sparse.csr_matrix(block.features) for block in blocks.values()], format="csr")
