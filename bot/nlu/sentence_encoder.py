"""Multilingual E5 small: a sentence as 384 numbers, so that sentences of a similar meaning are near each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

PREFIX = "query: "
"""What E5 was trained with for symmetric similarity."""
GRAPH, TOKENIZER, PIECES, SETTINGS = "e5.onnx", "tokenizer.json", "pieces.npz", "e5.json"

BLOCK = 32
"""Weights that share a scale."""
QUANTIZED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

Array = npt.NDArray[Any]
Vector = npt.NDArray[np.float32]


def dequantized(blocks: Array) -> Array:
    """Rows of 4-bit blocks as float32: (nibble - 8) x scale, the low nibbles first.

    >>> block = np.array([[(0.5, np.full(BLOCK // 2, 0x9A, np.uint8))]], QUANTIZED_BLOCK)
    >>> dequantized(block)[0, [0, -1]]
    array([1. , 0.5], dtype=float32)
    """
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=-1).astype(np.float32) - 8
    return (nibbles * blocks["scale"].astype(np.float32)[..., None]).reshape(len(blocks), -1)


def normalised(text: str, characters: Mapping[int, str]) -> str:
    """A text in lower case as E5's tokenizer expects it: with its prefix, known characters, and single spaces."""
    return " ".join((PREFIX + text.lower()).translate(characters).split())


class SentenceEncoder:
    """The encoder, loaded. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Loads what bot/nlu/e5_conversion.py wrote."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # with more, two cores spend their time switching
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options)
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        self._bos, self._eos = settings["bos"], settings["eos"]
        self._characters = str.maketrans(settings["characters"])
        with np.load(folder / PIECES) as arrays:
            self._pieces, self._positions = arrays["pieces"], arrays["positions"]

    def encode(self, text: str) -> Vector:
        """The vector of a text, of length one. Case is ignored; what is beyond 512 word pieces is ignored too."""
        pieces = self._tokenizer.encode(normalised(text, self._characters)).ids[: len(self._positions) - 2]
        vectors = dequantized(self._pieces[[self._bos, *pieces, self._eos]]) + self._positions[: len(pieces) + 2]
        mean: Vector = self._session.run(None, {"x": vectors[None].astype(np.float32)})[0][0]
        return mean / np.linalg.norm(mean)
