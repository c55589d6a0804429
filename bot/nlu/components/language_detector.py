"""Detects whether a message is Dutch or English.

Off-the-shelf detectors (lingua, py3langid) take "wat is CTR" or "hoi" for English: chat messages are
too short for them. The training utterances are known to be Dutch or English, so a classifier on their
characters knows the words of this domain, and has a low confidence when a message gives no clue ("SEO?").
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import skops.io
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from bot.knowledge import Language
from bot.nlu.components.component import TrainableComponent
from bot.nlu.tfidf import SingleDocumentTfidf
from bot.nlu.typography import plain

TRUSTED_TYPES = ["numpy.float32", "scipy.sparse._csr.csr_matrix"]
"""Types that skops may load besides scikit-learn's own; none of them runs code."""

LANGUAGE = "language"
LANGUAGE_CONFIDENCE = "language_confidence"
STATE = "language.skops"


def language_of(message: Message) -> Language:
    """The language of a message that has passed the detector."""
    return "en" if message.get(LANGUAGE) == "en" else "nl"


def language_of_example(message: Message) -> str | None:
    """The language of a training example, if the importer noted it in the metadata."""
    metadata = message.get("metadata") or {}
    return metadata.get(LANGUAGE)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageDetector(TrainableComponent):
    """Adds `language` (nl or en) and `language_confidence` to each message."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes no keys of config.yml."""
        super().__init__(config, name)
        self._pipeline: Pipeline = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10, class_weight="balanced", max_iter=200),
        )
        self._tfidf: SingleDocumentTfidf | None = None

    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Learns from the examples whose language is known."""
        labelled = [(plain(e.get(TEXT) or ""), language_of_example(e)) for e in training_data.nlu_examples]
        texts, languages = zip(*[pair for pair in labelled if pair[0] and pair[1]], strict=True)
        self._pipeline.fit(texts, languages)
        skops.io.dump(self._pipeline, folder / STATE)

    def read(self, folder: Path) -> None:
        """Reads the scikit-learn pipeline."""
        self._pipeline = skops.io.load(folder / STATE, trusted=TRUSTED_TYPES)

    def process(self, messages: list[Message]) -> list[Message]:
        """Detects the language of visitors' messages."""
        if self._tfidf is None:
            self._tfidf = SingleDocumentTfidf(self._pipeline[0])
        model: LogisticRegression = self._pipeline[-1]
        for message in messages:
            text = plain(message.get(TEXT) or "")
            if not text:
                continue
            columns, values = self._tfidf.weights(text)
            # the same as predict_proba, without its input checks
            second = expit(model.intercept_[0] + values @ model.coef_[0, columns])
            best, confidence = (1, second) if second > 0.5 else (0, 1 - second)
            message.set(LANGUAGE, str(model.classes_[best]), add_to_output=True)
            message.set(LANGUAGE_CONFIDENCE, float(confidence), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets the language of the training examples: the known one, else the detected one."""
        for example in training_data.training_examples:
            known = language_of_example(example)
            if known:
                example.set(LANGUAGE, known)
            else:
                self.process([example])
        return training_data
