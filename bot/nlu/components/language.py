"""Detects whether a message is Dutch or English.

Off-the-shelf detectors (lingua, py3langid) take "wat is CTR" or "hoi" for English: chat messages are
too short for them. The training utterances are known to be Dutch or English, so a classifier on their
characters knows the words of this domain, and says so when a message gives no clue ("SEO?").
"""

from __future__ import annotations

from typing import Any

import skops.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from bot.knowledge import Language
from bot.nlu.tfidf import SingleTfidf

TRUSTED = ["numpy.float32", "scipy.sparse._csr.csr_matrix"]
"""Types that skops may load besides scikit-learn's own; nothing that runs code."""

LANGUAGE = "language"
LANGUAGE_CONFIDENCE = "language_confidence"


def language_of(message: Message) -> Language:
    """The language of a message that has passed the detector."""
    return "en" if message.get(LANGUAGE) == "en" else "nl"


def language_of_example(message: Message) -> str | None:
    """The language that the importer noted with a training example, if any."""
    metadata = message.get("metadata") or {}
    return metadata.get(LANGUAGE)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageDetector(GraphComponent):
    """Adds `language` (nl or en) and its confidence to each message."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, pipeline: Pipeline) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._pipeline = pipeline
        self._model: LogisticRegression = pipeline[-1]
        self._fitted: SingleTfidf | None = None

    @property
    def _single(self) -> SingleTfidf:
        if self._fitted is None:
            self._fitted = SingleTfidf(self._pipeline[0])
        return self._fitted

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageDetector:
        """An untrained detector."""
        pipeline = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10, class_weight="balanced", max_iter=200),
        )
        return cls(model_storage, resource, pipeline)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the examples whose language is known."""
        known = [(e.get(TEXT), language_of_example(e)) for e in training_data.nlu_examples]
        texts, languages = zip(*[pair for pair in known if pair[0] and pair[1]], strict=True)
        self._pipeline.fit(texts, languages)
        with self._model_storage.write_to(self._resource) as folder:
            skops.io.dump(self._pipeline, folder / "language.skops")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageDetector:
        """The detector as it was trained."""
        with model_storage.read_from(resource) as folder:
            pipeline = skops.io.load(folder / "language.skops", trusted=TRUSTED)
        return cls(model_storage, resource, pipeline)

    def process(self, messages: list[Message]) -> list[Message]:
        """Detects the language of messages of visitors."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            columns, values = self._single.weights(text)
            # What predict_proba says, without its checks.
            second = expit(self._model.intercept_[0] + values @ self._model.coef_[0, columns])
            best, confidence = (1, second) if second > 0.5 else (0, 1 - second)
            message.set(LANGUAGE, str(self._model.classes_[best]), add_to_output=True)
            message.set(LANGUAGE_CONFIDENCE, float(confidence), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Passes the known language of the examples on; detects it where it is not known."""
        for example in training_data.training_examples:
            known = language_of_example(example)
            if known:
                example.set(LANGUAGE, known)
            else:
                self.process([example])
        return training_data
