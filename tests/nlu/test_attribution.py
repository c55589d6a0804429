"""Which words made the classifier choose a phase."""

from __future__ import annotations

import numpy as np

from bot.nlu.attribution import FeatureBlock, Span, decisive_phrases

DO, CARE = 0, 1


def block(text: str, weights: dict[str, tuple[float, float]]) -> FeatureBlock:
    """A block with one column a word of the text, each found once, and the weights per label of some."""
    words = text.split()
    spans, start = [], 0
    for column, word in enumerate(words):
        start = text.index(word, start)
        spans.append(Span(start, start + len(word), (column,)))
        start += len(word)
    matrix = np.array([weights.get(word.strip(",.!?"), (0.0, 0.0)) for word in words], np.float32)
    return FeatureBlock(spans, dict.fromkeys(range(len(words)), 1.0), matrix)


def explain(text: str, weights: dict[str, tuple[float, float]], label: int = DO) -> list[str]:
    return decisive_phrases(text, [block(text, weights)], label, [CARE if label == DO else DO], "nl")


def test_neighbours_that_are_both_decisive_make_one_phrase() -> None:
    found = explain("genoeg bezoekers, maar niemand bestelt iets", {"niemand": (1.0, 0.2), "bestelt": (2.0, 0.0)})
    assert found == ["niemand bestelt"]


def test_the_strongest_phrase_comes_first_without_its_punctuation() -> None:
    weights = {"winkelwagens": (2.0, 0.0), "vol": (0.1, 0.0), "kassa": (1.2, 0.0)}
    assert explain("volle winkelwagens, en dan stopt het bij de kassa!", weights) == ["winkelwagens", "kassa"]


def test_words_that_contribute_as_much_to_the_competitor_are_not_decisive() -> None:
    assert explain("klanten bestellen", {"klanten": (3.0, 3.0), "bestellen": (1.0, 0.0)}) == ["bestellen"]


def test_stop_words_alone_are_not_decisive() -> None:
    assert explain("ze zijn er niet", {"ze": (2.0, 0.0), "niet": (1.0, 0.0)}) == []


def test_a_phrase_ends_at_a_comma_and_not_with_a_stop_word() -> None:
    weights = {"offertes": (2.0, 0.0), "die": (1.5, 0.0), "kassa": (1.2, 0.0), "leeg": (1.1, 0.0)}
    assert explain("offertes die ik maak, kassa, leeg", weights) == ["offertes", "kassa"]


def test_nothing_is_quoted_when_no_word_contributes_to_the_phase() -> None:
    assert explain("bestellen klanten", {"bestellen": (1.0, 0.0)}, label=CARE) == []


def test_a_column_that_two_words_share_counts_half_for_each() -> None:
    spans = [Span(0, 5, (0,)), Span(6, 8, (2,)), Span(9, 15, (1,)), Span(16, 18, (2,)), Span(19, 24, (0,))]
    weights = np.array([[2.0, 0.0], [3.0, 0.0], [0.0, 0.0]], np.float32)
    shared = FeatureBlock(spans, {0: 1.0, 1: 1.0, 2: 1.0}, weights)
    assert decisive_phrases("koopt -- duurte -- koopt", [shared], DO, [CARE], "nl") == ["duurte"]
