"""How sure is sure enough: temperature and thresholds, chosen on cross-validation. Plain Python, no Rasa."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.knowledge import PHASES
from bot.nlu.scope import is_unknown

OUT_OF_SCOPE = "out_of_scope"
STRUGGLES = tuple(f"struggle_{phase}" for phase in PHASES)

REFUSED_AT_MOST = 0.07
"""Of the examples that we can answer, how many may be taken for unknown. Most were written near a border on purpose:
of real utterances the same threshold refuses less than half as many (docs/understanding.md)."""
SURE = 0.95
"""Answers that are right this often need no "does this fit?"."""
LIKELY = 0.5
"""An answer that is more often right than wrong is worth giving, with that question."""


class Heard(NamedTuple):
    """An utterance that the model was not trained on: the intent that was meant, and the probability of each."""

    meant: str
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class ScopePoint:
    """What happens if a message counts as out of scope from this probability: shares between 0 and 1."""

    threshold: float
    found: float
    refused: float


@dataclass(frozen=True)
class PhasePoint:
    """Descriptions of a problem whose first phase has at least this share of the four.

    `answered`: how many of all; `right`: how many of those are right; `right_here`: how many are right among those
    between this threshold and the next.
    """

    threshold: float
    answered: float
    right: float
    right_here: float


@dataclass(frozen=True)
class Thresholds:
    """The choice."""

    out_of_scope_from: float
    sure_share: float
    clear_share: float


def temperature(heard: Sequence[Heard]) -> float:
    """The temperature, relative to the present one, that makes the probabilities fit what happened.

    Minimises the negative log-likelihood (Guo et al. 2017, On Calibration of Modern Neural Networks).
    """
    candidates = [round(0.5 + 0.05 * step, 2) for step in range(51)]
    return min(candidates, key=lambda t: log_loss(heard, t))


def log_loss(heard: Sequence[Heard], relative: float = 1.0) -> float:
    """The mean negative log-likelihood of the intents that were meant, at a relative temperature."""
    return float(np.mean([-np.log(max(soften(p, relative).get(meant, 0.0), 1e-12)) for meant, p in heard]))


def soften(probabilities: Mapping[str, float], relative: float) -> dict[str, float]:
    """The probabilities at another temperature; above 1 they come closer together."""
    names = list(probabilities)
    powers = np.array([probabilities[name] for name in names]) ** (1 / relative)
    return dict(zip(names, (powers / powers.sum()).tolist(), strict=True))


def calibration_error(heard: Sequence[Heard], bins: int = 10) -> float:
    """Expected calibration error: how far confidence and the share that is right lie apart, between 0 and 1."""
    best = [max(p.items(), key=lambda item: item[1]) for _, p in heard]
    confidence = np.array([value for _, value in best])
    right = np.array([name == meant for (name, _), (meant, _) in zip(best, heard, strict=True)])
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = bin_of == b
        if inside.any():
            error += inside.mean() * abs(float(confidence[inside].mean() - right[inside].mean()))
    return error


def scope_curve(heard: Iterable[Heard]) -> list[ScopePoint]:
    """For each threshold: how much of what is out of scope is found, and how much of the rest is refused."""
    pairs = [(meant == OUT_OF_SCOPE, p[OUT_OF_SCOPE], max(p[i] for i in p if i != OUT_OF_SCOPE)) for meant, p in heard]
    points = []
    for threshold in [round(0.02 * step, 2) for step in range(1, 50)]:
        found = [is_unknown(outside, best, threshold) for is_outside, outside, best in pairs if is_outside]
        refused = [is_unknown(outside, best, threshold) for is_outside, outside, best in pairs if not is_outside]
        points.append(ScopePoint(threshold, _mean(np.array(found)), _mean(np.array(refused))))
    return points


def phase_curve(heard: Iterable[Heard]) -> list[PhasePoint]:
    """For each share of the first phase: how many problems are answered, and how many of those rightly."""
    shares, right = [], []
    for meant, probabilities in heard:
        if meant in STRUGGLES:
            of_phases = {name: probabilities[name] for name in STRUGGLES}
            first = max(of_phases, key=lambda name: of_phases[name])
            shares.append(of_phases[first] / sum(of_phases.values()))
            right.append(first == meant)
    share, hit = np.array(shares), np.array(right)
    steps = [round(0.3 + 0.05 * step, 2) for step in range(14)]
    points = []
    for step, following in zip(steps, [*steps[1:], 1.01], strict=True):
        above, here = share >= step, (share >= step) & (share < following)
        points.append(PhasePoint(step, _round(above.mean()), _mean(hit[above]), _mean(hit[here])))
    return points


def _round(value: float) -> float:
    return round(float(value), 4)


def _mean(hits: np.ndarray) -> float:
    return _round(hits.mean()) if hits.size else float("nan")


def choose(scope: Sequence[ScopePoint], phases: Sequence[PhasePoint]) -> Thresholds:
    """The thresholds that the curves ask for.

    Raises ValueError when no point of a curve is good enough.
    """
    try:
        return Thresholds(
            out_of_scope_from=next(p.threshold for p in scope if p.refused <= REFUSED_AT_MOST),
            sure_share=next(p.threshold for p in phases if p.right >= SURE),
            clear_share=next(p.threshold for p in phases if p.right_here >= LIKELY),
        )
    except StopIteration as nothing:
        raise ValueError("no point of the curve is good enough; the model needs better data first") from nothing


def write(points: Sequence[ScopePoint] | Sequence[PhasePoint], file: Path) -> None:
    """Keeps a curve as CSV."""
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, [f.name for f in fields(points[0])], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(point) for point in points)


def read_scope(file: Path) -> list[ScopePoint]:
    """A kept curve."""
    with file.open(encoding="utf-8") as source:
        return [ScopePoint(**{k: float(v) for k, v in row.items()}) for row in csv.DictReader(source)]


def read_phases(file: Path) -> list[PhasePoint]:
    """A kept curve."""
    with file.open(encoding="utf-8") as source:
        return [PhasePoint(**{k: float(v) for k, v in row.items()}) for row in csv.DictReader(source)]
