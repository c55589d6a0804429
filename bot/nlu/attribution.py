"""Attribution: which words of a message decided for a label, read from the weights of a linear classifier."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bot.knowledge import Language
from bot.nlu.spacy_pipelines import spacy_pipeline

WORD = re.compile(r"\w[\w'’&%-]*")

MIN_RELATIVE_WEIGHT = 0.35
"""Weight from which a word is decisive, as a share of the weight of the strongest word."""

MIN_CONTRIBUTION = 1.0
"""Contribution to the logit from which a phrase is telling. Everyday words such as "klanten" stay below it."""

MAX_PHRASES = 2

MAX_PHRASE_LENGTH = 6
"""Words in a phrase, so that the whole message is never quoted."""


@dataclass(frozen=True)
class Span:
    """A span of a text (character offsets), and the feature columns that it fills."""

    start: int
    end: int
    columns: tuple[int, ...]


@dataclass(frozen=True)
class FeatureBlock:
    """The features of a message by one featurizer: where they come from, their values, and their weights.

    Attributes:
        spans: The spans of the text.
        values: The non-zero values by column.
        weights: The weight of each column for each label (columns x labels).
    """

    spans: Sequence[Span]
    values: Mapping[int, float]
    weights: npt.NDArray[np.float32]


def decisive_phrases(
    text: str, blocks: Iterable[FeatureBlock], label: int, competitors: Sequence[int], language: Language
) -> list[str]:
    """The phrases of a text that contribute most to a label compared with its competitors, strongest first.

    In a linear model each column contributes `value x weight` to a label's logit. A word's weight is the sum of the
    contributions of its spans, and neighbouring decisive words make a phrase. Stop words alone are never decisive;
    they only join other words.

    >>> spans = [Span(0, 7, (0,)), Span(8, 15, (1,)), Span(16, 20, (2,))]
    >>> weights = np.array([[1.0, 0.2], [2.0, 0.0], [0.0, 0.0]], np.float32)
    >>> block = FeatureBlock(spans, {0: 1.0, 1: 1.0, 2: 1.0}, weights)
    >>> decisive_phrases("niemand bestelt iets", [block], label=0, competitors=[1], language="nl")
    ['niemand bestelt']

    Returns:
        At most MAX_PHRASES phrases; none if not these words but the meaning of the sentence decided.
    """
    words = list(WORD.finditer(text))
    weights = [0.0] * len(words)
    for block in blocks:
        contributions = _contributions(block, label, competitors)
        for span in block.spans:
            contribution = sum(contributions[column] for column in span.columns)
            inside = [i for i, word in enumerate(words) if word.start() < span.end and span.start < word.end()]
            for i in inside:
                weights[i] += contribution / len(inside)
    stop_words = spacy_pipeline(language).Defaults.stop_words
    is_content = [word.group().lower() not in stop_words for word in words]
    strongest = max((weight for weight, content in zip(weights, is_content, strict=True) if content), default=0.0)
    if strongest <= 0:
        return []
    is_decisive = [weight >= MIN_RELATIVE_WEIGHT * strongest for weight in weights]
    is_joined = [text[a.end() : b.start()].isspace() for a, b in pairwise(words)]
    phrases = []
    for first, last in _runs(is_decisive, is_joined):
        while last > first and not is_content[last]:  # "room and", but not "niemand bestelt"
            last -= 1
        if any(is_content[first : last + 1]):
            phrases.append((sum(weights[first : last + 1]), text[words[first].start() : words[last].end()]))
    telling = [(weight, phrase) for weight, phrase in phrases if weight >= MIN_CONTRIBUTION]
    return [phrase for _, phrase in sorted(telling, reverse=True)[:MAX_PHRASES]]


def _contributions(block: FeatureBlock, label: int, competitors: Sequence[int]) -> dict[int, float]:
    """Each column's contribution to the label minus that to its competitors, divided among the spans that fill it."""
    used = Counter(column for span in block.spans for column in span.columns)
    weights = block.weights[list(used)]
    values = np.array([block.values.get(column, 0.0) for column in used])
    differences = weights[:, label] - weights[:, list(competitors)].mean(axis=1)
    contributions = values * differences / np.array(list(used.values()))
    return dict(zip(used, contributions.tolist(), strict=True))


def _runs(is_decisive: Sequence[bool], is_joined: Sequence[bool]) -> Iterable[tuple[int, int]]:
    """First and last index of each run of decisive words, split at punctuation and at MAX_PHRASE_LENGTH.

    `is_joined`: for each word but the last, whether only spaces separate it from the next.
    """
    first = None
    for position, decisive in enumerate(is_decisive):
        if not decisive:
            continue
        first = position if first is None else first
        ends = position + 1 == len(is_decisive) or not is_decisive[position + 1] or not is_joined[position]
        if ends or position - first + 1 == MAX_PHRASE_LENGTH:
            yield first, position
            first = None
