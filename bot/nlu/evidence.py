"""The words that decided for a phase, read from the classifier's own weights. Plain Python, no Rasa."""

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
LEAST_SHARE = 0.35
"""A word is evidence from this share of the weight of the strongest word."""
MOST_PHRASES = 2
LONGEST_PHRASE = 6
"""In words; evidence is a hint, not the whole message."""


@dataclass(frozen=True)
class Piece:
    """A piece of a text (character offsets) and the feature columns that it fills."""

    start: int
    end: int
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """One featurizer's part of a message: where its values come from, and what each column weighs per label."""

    pieces: Sequence[Piece]
    values: Mapping[int, float]
    weights: npt.NDArray[np.float32]
    """Columns by labels."""


def phrases(text: str, blocks: Iterable[Block], label: int, rivals: Sequence[int], language: Language) -> list[str]:
    """The phrases of a text that speak most for a label and against its rivals, the strongest first.

    In a linear model each column adds `value x weight` to a label's score. The part of the pieces inside a word is
    that word's weight; neighbours that both carry weight make a phrase. Words that say nothing by themselves
    (spaCy's stop words) only join others. Empty where the meaning of the whole sentence decided, not its words.
    """
    words = list(WORD.finditer(text))
    scores = [0.0] * len(words)
    for block in blocks:
        gains = _gains(block, label, rivals)
        for piece in block.pieces:
            gain = sum(gains[column] for column in piece.columns)
            inside = [i for i, word in enumerate(words) if word.start() < piece.end and piece.start < word.end()]
            for i in inside:
                scores[i] += gain / len(inside)
    stop_words = spacy_pipeline(language).Defaults.stop_words
    telling = [word.group().lower() not in stop_words for word in words]
    strongest = max((score for score, tells in zip(scores, telling, strict=True) if tells), default=0.0)
    if strongest <= 0:
        return []
    carries = [score >= LEAST_SHARE * strongest for score in scores]
    joined = [text[a.end() : b.start()].isspace() for a, b in pairwise(words)]
    found = []
    for first, last in _runs(carries, joined):
        while last > first and not telling[last]:  # "room and", but not "niemand bestelt"
            last -= 1
        if any(telling[first : last + 1]):
            found.append((sum(scores[first : last + 1]), text[words[first].start() : words[last].end()]))
    return [phrase for _, phrase in sorted(found, reverse=True)[:MOST_PHRASES]]


def _gains(block: Block, label: int, rivals: Sequence[int]) -> dict[int, float]:
    """What each column adds for the label and against the rivals, shared by the pieces that fill it."""
    used = Counter(column for piece in block.pieces for column in piece.columns)
    weights = block.weights[list(used)]
    values = np.array([block.values.get(column, 0.0) for column in used])
    gains = values * (weights[:, label] - weights[:, list(rivals)].mean(axis=1)) / np.array(list(used.values()))
    return dict(zip(used, gains.tolist(), strict=True))


def _runs(carries: Sequence[bool], joined: Sequence[bool]) -> Iterable[tuple[int, int]]:
    """First and last position of each run of words that carry weight, cut at marks and where it gets too long.

    `joined`: for each word but the last, whether only spaces stand between it and the next.
    """
    first = None
    for position, yes in enumerate(carries):
        if not yes:
            continue
        first = position if first is None else first
        ends = position + 1 == len(carries) or not carries[position + 1] or not joined[position]
        if ends or position - first + 1 == LONGEST_PHRASE:
            yield first, position
            first = None
