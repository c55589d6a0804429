"""tf-idf of words and of characters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS, TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.attribution import Span
from bot.nlu.components.component import TrainableComponent
from bot.nlu.components.featurizers.base import FEATURIZER, SentenceFeaturizer
from bot.nlu.components.language_detector import TRUSTED_TYPES
from bot.nlu.tfidf import SingleDocumentTfidf
from bot.nlu.typography import plain

SPANS = "spans"
"""Message key: by featurizer, which spans of the text fill which columns (bot/nlu/attribution.py)."""


@DefaultV1Recipe.register(FEATURIZER, is_trainable=True)
class TfidfFeaturizer(TrainableComponent, SentenceFeaturizer):
    """tf-idf of words or characters. Raw counts (Rasa's CountVectors) scored 11 points lower."""

    STATE = "tfidf.skops"

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of `get_default_config`."""
        SentenceFeaturizer.__init__(self, config, name)
        self._analyzer = config["analyzer"]
        self._vectorizer = TfidfVectorizer(
            analyzer=config["analyzer"],
            ngram_range=tuple(config["ngrams"]),
            min_df=config["min_df"],
            token_pattern=r"\S+" if config["analyzer"] == "word" else None,  # the text is tokenized already
            strip_accents="unicode",
            sublinear_tf=True,
            dtype=np.float32,
        )
        self._fitted: SingleDocumentTfidf | None = None

    @property
    def _tfidf(self) -> SingleDocumentTfidf:
        if self._fitted is None:
            self._fitted = SingleDocumentTfidf(self._vectorizer)
        return self._fitted

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings.

        `analyzer`: word (lemmas) or char_wb (characters within words). `ngrams`: shortest and longest n-gram.
        `min_df`: minimum number of examples with an n-gram. `scale`: the weight of this block.
        """
        return {FEATURIZER_CLASS_ALIAS: None, "scale": 1.0, "analyzer": "word", "ngrams": [1, 2], "min_df": 2}

    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Learns vocabulary and document frequencies."""
        self._vectorizer.fit([self._text(e) for e in training_data.nlu_examples if e.get(TEXT)])
        skops.io.dump(self._vectorizer, folder / self.STATE)

    def read(self, folder: Path) -> None:
        """Reads the vectorizer."""
        self._vectorizer = skops.io.load(folder / self.STATE, trusted=TRUSTED_TYPES)

    def features(self, message: Message) -> Any:
        """A sparse row."""
        return self._tfidf.row(self._text(message))

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features, and notes which spans of the text they come from."""
        for message in super().process(messages):
            if message.get(TEXT):
                message.set(SPANS, {**message.get(SPANS, {}), self._identifier: self._spans(message)})
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features only: training examples need no attribution."""
        super().process(training_data.nlu_examples)
        return training_data

    def _text(self, message: Message) -> str:
        if self._analyzer == "word":
            return " ".join(token.lemma for token in message.get(TOKENS_NAMES[TEXT]))
        return plain(message.get(TEXT))

    def _spans(self, message: Message) -> list[Span]:
        if self._analyzer == "word":
            words = [(token.start, token.end, token.lemma) for token in message.get(TOKENS_NAMES[TEXT])]
        else:
            words = [(word.start(), word.end(), word.group()) for word in re.finditer(r"\S+", plain(message.get(TEXT)))]
        return [Span(start, end, tuple(set(self._tfidf.columns(text)))) for start, end, text in words]
