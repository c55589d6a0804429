"""Chooses the temperature and the confidence thresholds from held-out predictions."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from bot.evaluation import scoring
from bot.evaluation.scoring import OUT_OF_SCOPE
from bot.knowledge import PHASES
from bot.nlu.scope import is_out_of_scope

STRUGGLES = tuple(f"struggle_{phase}" for phase in PHASES)

MAX_FALSE_REJECTION_RATE = 0.07
"""Limit for the choice of the out-of-scope threshold. The training examples are mostly borderline cases: with the same
threshold less than half as many real utterances are rejected (docs/understanding.md)."""

SURE_ACCURACY = 0.95
"""Accuracy from which a diagnosis is given without "does this fit?"."""

CLEAR_ACCURACY = 0.5
"""Accuracy from which a diagnosis is given at all, with that question."""


class Prediction(NamedTuple):
    """A held-out utterance's true intent, and the predicted probability of each intent."""

    true_intent: str
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class ScopePoint:
    """Rates if a message counts as out of scope from this probability.

    Attributes:
        threshold: The probability.
        recall: Rate of out-of-scope messages that are rejected.
        false_rejection_rate: Rate of other messages that are rejected.
    """

    threshold: float
    recall: float
    false_rejection_rate: float


@dataclass(frozen=True)
class PhasePoint:
    """Rates if a problem is diagnosed from this share of the likeliest phase.

    Attributes:
        threshold: The share of the probability of all four phases.
        coverage: Rate of problems that are diagnosed.
        accuracy: Rate of those diagnoses that are correct.
        bin_accuracy: The same for shares between this threshold and the next.
    """

    threshold: float
    coverage: float
    accuracy: float
    bin_accuracy: float


Point = TypeVar("Point", ScopePoint, PhasePoint)


@dataclass(frozen=True)
class Thresholds:
    """The chosen thresholds: one for the classifier, two for the diagnosis."""

    out_of_scope_from: float
    sure_share: float
    clear_share: float


def best_temperature(predictions: Sequence[Prediction]) -> float:
    """The temperature, relative to the present one, with the smallest log loss.

    See Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    candidates = [round(0.5 + 0.05 * step, 2) for step in range(51)]
    return min(candidates, key=lambda t: log_loss(predictions, t))


def log_loss(predictions: Sequence[Prediction], temperature: float = 1.0) -> float:
    """The mean negative log-likelihood of the true intents at a temperature relative to the present one."""
    scaled = [(intent, apply_temperature(p, temperature)) for intent, p in predictions]
    return float(np.mean([-np.log(max(p.get(intent, 0.0), 1e-12)) for intent, p in scaled]))


def apply_temperature(probabilities: Mapping[str, float], temperature: float) -> dict[str, float]:
    """The probabilities at a temperature relative to the present one; above 1 they become more equal.

    >>> {name: round(p, 2) for name, p in apply_temperature({"do": 0.9, "see": 0.1}, 2.0).items()}
    {'do': 0.75, 'see': 0.25}
    """
    names = list(probabilities)
    powers = np.array([probabilities[name] for name in names]) ** (1 / temperature)
    return dict(zip(names, (powers / powers.sum()).tolist(), strict=True))


def calibration_error(predictions: Sequence[Prediction]) -> float:
    """The expected calibration error of the likeliest intents."""
    best = [(*max(p.items(), key=lambda item: item[1]), intent) for intent, p in predictions]
    return scoring.calibration_error([value for _, value, _ in best], [name == intent for name, _, intent in best])


def scope_curve(predictions: Iterable[Prediction]) -> list[ScopePoint]:
    """The rates for each out-of-scope threshold."""
    scores = [
        (intent == OUT_OF_SCOPE, p[OUT_OF_SCOPE], max(p[i] for i in p if i != OUT_OF_SCOPE))
        for intent, p in predictions
    ]
    points = []
    for threshold in [round(0.02 * step, 2) for step in range(1, 50)]:
        rejected = [(outside, is_out_of_scope(p, best_other, threshold)) for outside, p, best_other in scores]
        recall = _mean(np.array([hit for outside, hit in rejected if outside]))
        points.append(ScopePoint(threshold, recall, _mean(np.array([hit for outside, hit in rejected if not outside]))))
    return points


def phase_curve(predictions: Iterable[Prediction]) -> list[PhasePoint]:
    """The rates for each threshold on the share of the likeliest phase."""
    shares, hits = [], []
    for intent, probabilities in predictions:
        if intent in STRUGGLES:
            of_phases = {name: probabilities[name] for name in STRUGGLES}
            best = max(of_phases, key=lambda name: of_phases[name])
            shares.append(of_phases[best] / sum(of_phases.values()))
            hits.append(best == intent)
    share, correct = np.array(shares), np.array(hits)
    thresholds = [round(0.3 + 0.05 * step, 2) for step in range(14)]
    points = []
    for threshold, following in zip(thresholds, [*thresholds[1:], 1.01], strict=True):
        above, in_bin = share >= threshold, (share >= threshold) & (share < following)
        points.append(PhasePoint(threshold, _mean(above), _mean(correct[above]), _mean(correct[in_bin])))
    return points


def _mean(hits: npt.NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), 4) if hits.size else float("nan")


def choose_thresholds(scope: Sequence[ScopePoint], phases: Sequence[PhasePoint]) -> Thresholds:
    """The lowest thresholds that meet the required rates.

    Raises:
        ValueError: No point of a curve meets them.
    """
    try:
        return Thresholds(
            out_of_scope_from=next(p.threshold for p in scope if p.false_rejection_rate <= MAX_FALSE_REJECTION_RATE),
            sure_share=next(p.threshold for p in phases if p.accuracy >= SURE_ACCURACY),
            clear_share=next(p.threshold for p in phases if p.bin_accuracy >= CLEAR_ACCURACY),
        )
    except StopIteration as nothing:
        raise ValueError("no point of the curve is good enough; the model needs better data first") from nothing


def write_curve(points: Sequence[ScopePoint] | Sequence[PhasePoint], file: Path) -> None:
    """Writes a curve as CSV."""
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, [f.name for f in fields(points[0])], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(point) for point in points)


def read_curve(file: Path, kind: type[Point]) -> list[Point]:
    """Reads a curve from CSV."""
    with file.open(encoding="utf-8") as source:
        return [kind(**{name: float(value) for name, value in row.items()}) for row in csv.DictReader(source)]
