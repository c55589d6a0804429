"""Chooses the intent and its second level: logistic regression on all features, with calibrated probabilities.

Rasa's LogisticRegressionClassifier is the same model, but always balances the classes (which overrates rare intents),
has no C, no temperature and no out-of-scope threshold, and copies its features for each message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.attribution import FeatureBlock, decisive_phrases
from bot.nlu.components.component import TrainableComponent
from bot.nlu.components.featurizers.tfidf import SPANS
from bot.nlu.components.language_detector import language_of
from bot.nlu.importer import full_intent
from bot.nlu.linear_model import Array, LinearModel, fit
from bot.nlu.scope import is_out_of_scope

ATTRIBUTION = "attribution"
"""Message key: for a likely phase intent, the phrases of the message that decided for it."""

SUB_INTENTS = "sub_intents"
"""Message key: for each intent with a second level, the ranking of its sub-intents, given that it is this intent."""

UNCLEAR = "unclear"
"""Name of the sub-intent of examples that have an intent only: this problem, but it does not say which."""

MIN_ATTRIBUTED = 0.6
"""Probability from which an intent gets an attribution: the reason for a guess would be no reason."""

STATE = "model.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(TrainableComponent, IntentClassifier):
    """Adds `intent`, `intent_ranking`, `sub_intents` and `attribution` (intent -> phrases of the message).

    In the training data a second level follows a slash (`struggle_do/carts_not_paid`), as Rasa writes it. The model
    distinguishes all full intents; the probability of an intent is the sum of those of its sub-intents. The ranking of
    sub-intents is conditional: "carts_not_paid: 0.8" under struggle_do means 0.8 if the message is a problem of Do at
    all. So a doubtful symptom leaves the phase as it is.

    The attribution is read from the weights. For "genoeg bezoekers, maar niemand bestelt" it may be
    `{"struggle_do": ["niemand bestelt"]}`.
    """

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of `get_default_config`."""
        super().__init__(config, name)
        self.validate_config(config)
        self._set_model(LinearModel([], np.zeros(0, np.float32), {}))

    def _set_model(self, model: LinearModel) -> None:
        self._model = model
        self._groups: dict[str, list[int]] = {}
        for index, label in enumerate(model.labels):
            self._groups.setdefault(label.split("/")[0], []).append(index)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings.

        `C`: inverse strength of regularisation. `temperature`: divides the logits; above 1 it lowers the confidence.
        `max_iter`: steps of the optimisation at most. `out_of_scope_from`: probability from which the intent
        `out_of_scope` may win without being the best (bot/nlu/scope.py). `explain`: prefix of the intents of problems,
        which compete together with the others and get an attribution.
        """
        return {
            "C": 2.0,
            "temperature": 1.0,
            "max_iter": 60,
            "out_of_scope": "out_of_scope",
            "out_of_scope_from": 0.5,
            "explain": "struggle_",
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises ValueError for a setting out of its range."""
        for key in ("C", "temperature"):
            if not float(config[key]) > 0:
                raise ValueError(f"{cls.__name__}: {key}: expected a positive number, not {config[key]}")
        if not 0 < float(config["out_of_scope_from"]) <= 1:
            raise ValueError(
                f"{cls.__name__}: out_of_scope_from: expected a probability, not {config['out_of_scope_from']}"
            )

    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Learns the full intents."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        rows = [_features(example) for example in examples]
        blocks = {name: _stacked([row[name] for row in rows]) for name in rows[0]}
        settings = {key: self._config[key] for key in ("C", "max_iter")}
        fit(blocks, [full_intent(example) for example in examples], **settings).write(folder / STATE)

    def read(self, folder: Path) -> None:
        """Reads the model."""
        self._set_model(LinearModel.read(folder / STATE))

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies visitors' messages."""
        for message in messages:
            if message.get(TEXT):
                self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        blocks = {name: features.features for name, features in _features(message).items()}
        probabilities = self._model.probabilities(blocks, self._config["temperature"])
        sums = {intent: float(probabilities[group].sum()) for intent, group in self._groups.items()}
        ranking = _ranking(sums)
        message.set(INTENT, self._best(ranking), add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(SUB_INTENTS, self._sub_intents(probabilities, sums), add_to_output=True)
        message.set(ATTRIBUTION, self._attribution(message, blocks, probabilities, sums), add_to_output=True)

    def _best(self, ranking: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The intent: out of scope from its threshold on, else a problem if that is likelier than any other intent.

        The phases compete together: 0.3 for Do and 0.3 for Care are a problem, although ask_how has 0.35.
        """
        outside = [i for i in ranking if i["name"] == self._config["out_of_scope"]]
        problems = [i for i in ranking if i["name"].startswith(self._config["explain"])]
        others = [i for i in ranking if i not in outside and i not in problems]
        candidates = [(sum(i["confidence"] for i in problems), problems), *((i["confidence"], [i]) for i in others)]
        probability, (best, *_) = max((c for c in candidates if c[1]), key=lambda candidate: candidate[0])
        if outside and is_out_of_scope(outside[0]["confidence"], probability, self._config["out_of_scope_from"]):
            return outside[0]
        return best

    def _sub_intents(self, probabilities: Array, sums: Mapping[str, float]) -> dict[str, list[dict[str, Any]]]:
        return {
            intent: _ranking({self._sub_intent(i): float(probabilities[i]) / max(sums[intent], 1e-12) for i in group})
            for intent, group in self._groups.items()
            if len(group) > 1
        }

    def _sub_intent(self, index: int) -> str:
        return self._model.labels[index].partition("/")[2] or UNCLEAR

    def _attribution(
        self, message: Message, blocks: Mapping[str, Any], probabilities: Array, sums: Mapping[str, float]
    ) -> dict[str, list[str]]:
        """For each likely intent, what decided for its likeliest sub-intent and against the other intents."""
        explained = {
            intent: group for intent, group in self._groups.items() if intent.startswith(self._config["explain"])
        }
        likely = [intent for intent in explained if sums[intent] >= MIN_ATTRIBUTED]
        if not likely:
            return {}
        feature_blocks = []
        for featurizer, spans in message.get(SPANS, {}).items():
            row = blocks[featurizer]
            values = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
            feature_blocks.append(FeatureBlock(spans, values, self._model.weights[featurizer]))
        attribution = {}
        for intent in likely:
            label = max(explained[intent], key=lambda i: probabilities[i])
            competitors = [i for other, group in explained.items() if other != intent for i in group]
            phrases = decisive_phrases(message.get(TEXT), feature_blocks, label, competitors, language_of(message))
            if phrases:
                attribution[intent] = phrases
        return attribution


def _ranking(probabilities: Mapping[str, float]) -> list[dict[str, Any]]:
    """Names and confidences, the likeliest first, in Rasa's form."""
    best_first = sorted(probabilities.items(), key=lambda item: -item[1])
    return [{"name": name, "confidence": probability} for name, probability in best_first]


def _features(message: Message) -> dict[str, Features]:
    """The sentence features by featurizer."""
    return {f.origin: f for f in message.features if f.type == FEATURE_TYPE_SENTENCE and f.attribute == TEXT}


def _stacked(rows: Sequence[Features]) -> Any:
    """One matrix of the rows of a featurizer: sparse as they are, or dense."""
    if scipy.sparse.issparse(rows[0].features):
        return scipy.sparse.vstack([row.features for row in rows], format="csr")
    return np.stack([np.ravel(row.features) for row in rows]).astype(np.float32)
