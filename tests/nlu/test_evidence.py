"""Which words made the classifier choose a phase."""

from __future__ import annotations

import numpy as np

from bot.nlu.evidence import Block, Piece, phrases

DO, CARE = 0, 1


def block(text: str, weights: dict[str, tuple[float, float]]) -> Block:
    """A block with one column a word of the text, each found once, and the weights per label of some."""
    words = text.split()
    pieces, start = [], 0
    for column, word in enumerate(words):
        start = text.index(word, start)
        pieces.append(Piece(start, start + len(word), (column,)))
        start += len(word)
    matrix = np.array([weights.get(word.strip(",.!?"), (0.0, 0.0)) for word in words], np.float32)
    return Block(pieces, dict.fromkeys(range(len(words)), 1.0), matrix)


def explain(text: str, weights: dict[str, tuple[float, float]], label: int = DO) -> list[str]:
    return phrases(text, [block(text, weights)], label, [CARE if label == DO else DO], "nl")


def test_neighbours_that_both_speak_for_a_phase_make_one_phrase() -> None:
    found = explain("genoeg bezoekers, maar niemand bestelt iets", {"niemand": (1.0, 0.2), "bestelt": (2.0, 0.0)})
    assert found == ["niemand bestelt"]


def test_the_strongest_phrase_comes_first_without_its_punctuation() -> None:
    weights = {"winkelwagens": (2.0, 0.0), "vol": (0.1, 0.0), "kassa": (1.2, 0.0)}
    assert explain("volle winkelwagens, en dan stopt het bij de kassa!", weights) == ["winkelwagens", "kassa"]


def test_words_that_speak_as_much_for_the_rival_are_no_evidence() -> None:
    assert explain("klanten bestellen", {"klanten": (3.0, 3.0), "bestellen": (1.0, 0.0)}) == ["bestellen"]


def test_small_words_alone_are_no_evidence() -> None:
    assert explain("ze zijn er niet", {"ze": (2.0, 0.0), "niet": (1.0, 0.0)}) == []


def test_a_phrase_ends_at_a_comma_and_not_with_a_small_word() -> None:
    weights = {"offertes": (2.0, 0.0), "die": (1.5, 0.0), "kassa": (1.2, 0.0), "leeg": (1.1, 0.0)}
    assert explain("offertes die ik maak, kassa, leeg", weights) == ["offertes", "kassa"]


def test_nothing_is_quoted_when_no_word_speaks_for_the_phase() -> None:
    assert explain("bestellen klanten", {"bestellen": (1.0, 0.0)}, label=CARE) == []


def test_a_column_that_two_words_share_counts_half_for_each() -> None:
    pieces = [Piece(0, 5, (0,)), Piece(6, 8, (2,)), Piece(9, 15, (1,)), Piece(16, 18, (2,)), Piece(19, 24, (0,))]
    weights = np.array([[2.0, 0.0], [3.0, 0.0], [0.0, 0.0]], np.float32)
    shared = Block(pieces, {0: 1.0, 1: 1.0, 2: 1.0}, weights)
    assert phrases("koopt -- duurte -- koopt", [shared], DO, [CARE], "nl") == ["duurte"]
