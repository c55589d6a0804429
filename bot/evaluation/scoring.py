"""Accuracy on labelled utterances that the model was not trained on."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.advice import moves
from bot.errors import KlantkompasError

Parser = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Parses a text as Rasa does: returns `intent`, `intent_ranking` and more."""

OUT_OF_SCOPE = "out_of_scope"

MOVES = moves.MOVES | {"inform", "follow_up"}
"""Labels of what people say about the last answer."""

CALIBRATION_BINS = 10

LABEL_OF_INTENT = {
    "struggle_see": "phase_see",
    "struggle_think": "phase_think",
    "struggle_do": "phase_do",
    "struggle_care": "phase_care",
    "ask_measurement": "ask_measure",
    "ask_metric": "ask_measure",
    "ask_channel_fit": "ask_channels",
    "request_competitor_check": "competitor_check",
    "request_appointment": "appointment",
    "thank": "thanks",
    "nlu_fallback": OUT_OF_SCOPE,
}
"""Labels of evaluation files that differ from the intent. Questions about one channel or one metric have the label of
questions about channels or measurement."""


class EvaluationFileError(KlantkompasError):
    """A line of an evaluation file is not an utterance; the message names the line and what is expected."""


@dataclass(frozen=True)
class Utterance:
    """A labelled utterance.

    Attributes:
        also: Further labels that are correct if the utterance is ambiguous.
        ambiguous: Whether people would disagree about the label.
        symptom: The problem within the phase, if the file says which.
    """

    language: str
    text: str
    label: str
    also: tuple[str, ...]
    ambiguous: bool
    symptom: str | None = None


@dataclass(frozen=True)
class Result:
    """The prediction for an utterance. `ranking` and `symptoms` hold names by decreasing probability."""

    utterance: Utterance
    predicted: str
    confidence: float
    ranking: tuple[str, ...]
    milliseconds: float
    symptoms: tuple[str, ...] = ()

    @property
    def is_correct(self) -> bool:
        """Whether the predicted label is the true one, or another correct one of an ambiguous utterance."""
        correct = {self.utterance.label, *(self.utterance.also if self.utterance.ambiguous else ())}
        return self.predicted in correct


def read(path: Path) -> Iterator[Utterance]:
    """The utterances of a JSON-lines file with the keys lang, text, label, and optionally also_labels and ambiguous.

    A label may have a second level, the symptom: `phase_do/carts_not_paid`.

    Raises:
        EvaluationFileError: A line is something else.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            also = tuple(row.get("also_labels") or ())
            label, _, symptom = row["label"].partition("/")
            yield Utterance(row["lang"], row["text"], label, also, bool(row.get("ambiguous")), symptom or None)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationFileError(
                f"{path.name}, line {number}: expected a JSON object with lang, text and label ({error})"
            ) from error


def label_of(intent: str) -> str:
    """The label of an intent."""
    return LABEL_OF_INTENT.get(intent, intent)


async def evaluate(parse: Parser, utterances: Iterable[Utterance]) -> list[Result]:
    """Parses each utterance, and measures the time."""
    results = []
    for utterance in utterances:
        start = time.perf_counter()
        parsed = await parse(utterance.text)
        milliseconds = (time.perf_counter() - start) * 1000
        ranking = tuple(dict.fromkeys(label_of(i["name"]) for i in parsed["intent_ranking"]))
        intent = parsed["intent"]
        symptoms = tuple(rank_symptoms(parsed))
        results.append(
            Result(utterance, label_of(intent["name"]), intent["confidence"], ranking, milliseconds, symptoms)
        )
    return results


def rank_symptoms(parsed: Mapping[str, Any]) -> dict[str, float]:
    """The probability of each symptom, the likeliest first: that of its phase times its own within the phase.

    >>> phases = [{"name": "struggle_do", "confidence": 0.8}, {"name": "struggle_see", "confidence": 0.2}]
    >>> symptoms = {"struggle_do": [{"name": "no_shows", "confidence": 0.5}]}
    >>> rank_symptoms({"intent_ranking": phases, "sub_intents": symptoms})
    {'no_shows': 0.4}
    """
    phases = {i["name"]: i["confidence"] for i in parsed["intent_ranking"] if i["name"].startswith("struggle_")}
    found = {
        symptom["name"]: phases[intent] * symptom["confidence"]
        for intent, ranking in (parsed.get("sub_intents") or {}).items()
        if intent in phases
        for symptom in ranking
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class Summary:
    """Measures of a set of results; rates are between 0 and 1, or nan without utterances to count.

    Attributes:
        count: Number of utterances.
        accuracy: Rate of correct predictions.
        phase_accuracy: The same for utterances whose label is a phase.
        phase_top2_accuracy: Rate of those utterances whose phase is among the two likeliest phases.
        out_of_scope_recall: Rate of out-of-scope utterances that are predicted as such.
        false_rejection_rate: Rate of other utterances that are wrongly predicted as out of scope.
        symptom_accuracy: Rate of the utterances with a symptom for which it is the likeliest one.
        symptom_top2_accuracy: Rate of those for which it is among the two likeliest ones.
        move_accuracy: Rate of correct predictions for utterances whose label is a move.
        calibration_error: Expected difference between confidence and accuracy, in ten bins.
        p50: Median time for an utterance in milliseconds.
        p95: 95th percentile of that time.
    """

    count: int
    accuracy: float
    phase_accuracy: float
    phase_top2_accuracy: float
    out_of_scope_recall: float
    false_rejection_rate: float
    symptom_accuracy: float
    symptom_top2_accuracy: float
    move_accuracy: float
    calibration_error: float
    p50: float
    p95: float


def summarise(results: Sequence[Result]) -> Summary:
    """Calculates the measures of a set of results."""
    phases = [r for r in results if r.utterance.label.startswith("phase_")]
    outside = [r for r in results if r.utterance.label == OUT_OF_SCOPE]
    inside = [r for r in results if r.utterance.label != OUT_OF_SCOPE]
    with_symptom = [r for r in results if r.utterance.symptom]
    times = [r.milliseconds for r in results]
    return Summary(
        count=len(results),
        accuracy=_rate([r.is_correct for r in results]),
        phase_accuracy=_rate([r.is_correct for r in phases]),
        phase_top2_accuracy=_rate(
            [r.utterance.label in [x for x in r.ranking if x.startswith("phase_")][:2] for r in phases]
        ),
        out_of_scope_recall=_rate([r.predicted == OUT_OF_SCOPE for r in outside]),
        false_rejection_rate=_rate([r.predicted == OUT_OF_SCOPE and not r.is_correct for r in inside]),
        symptom_accuracy=_rate([r.utterance.symptom in r.symptoms[:1] for r in with_symptom]),
        symptom_top2_accuracy=_rate([r.utterance.symptom in r.symptoms[:2] for r in with_symptom]),
        move_accuracy=_rate([r.is_correct for r in results if r.utterance.label in MOVES]),
        calibration_error=calibration_error([r.confidence for r in results], [r.is_correct for r in results]),
        p50=float(np.percentile(times, 50)) if times else float("nan"),
        p95=float(np.percentile(times, 95)) if times else float("nan"),
    )


def _rate(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else float("nan")


def calibration_error(confidences: Sequence[float], hits: Sequence[bool]) -> float:
    """The expected calibration error: the mean difference between confidence and accuracy, from 0 to 1.

    See Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    confidence, correct = np.array(confidences), np.array(hits)
    bin_of = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins = [bin_of == b for b in np.unique(bin_of)]
    return sum(float(b.mean()) * abs(float(confidence[b].mean() - correct[b].mean())) for b in bins)


def correct_by_label(results: Sequence[Result]) -> dict[str, tuple[int, int]]:
    """For each label the number of correct predictions, and of all."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        counts[result.utterance.label].append(result.is_correct)
    return {name: (sum(hits), len(hits)) for name, hits in sorted(counts.items())}


def confusions(results: Sequence[Result]) -> list[tuple[str, str, int]]:
    """Wrong predictions as (label, predicted label, number), the most frequent first."""
    wrong = Counter((r.utterance.label, r.predicted) for r in results if not r.is_correct)
    return [(label, predicted, number) for (label, predicted), number in wrong.most_common()]
