"""Measures how well the advisor understands utterances that it was not trained on."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasa.core.agent import Agent

OUT_OF_SCOPE = "out_of_scope"

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
"""Labels name what the speaker means; where an intent is called otherwise, this says how. A question about one
channel or one figure is a question about channels or measuring."""


class EvaluationFileError(Exception):
    """A line of the file is not an utterance; the message names the line and what is expected."""


@dataclass(frozen=True)
class Utterance:
    """A labelled utterance. Where it is ambiguous, any of `also` is right too."""

    language: str
    text: str
    label: str
    also: tuple[str, ...]
    ambiguous: bool


@dataclass(frozen=True)
class Result:
    """What the advisor made of an utterance, and how long that took in milliseconds."""

    utterance: Utterance
    predicted: str
    confidence: float
    ranking: tuple[str, ...]
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether the label was found."""
        accepted = {self.utterance.label, *(self.utterance.also if self.utterance.ambiguous else ())}
        return self.predicted in accepted


def read(path: Path) -> Iterator[Utterance]:
    """The utterances of a JSON-lines file with the keys lang, text, label and, optionally, also_labels, ambiguous.

    Raises EvaluationFileError for a line that has something else.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            also = tuple(row.get("also_labels") or ())
            yield Utterance(row["lang"], row["text"], row["label"], also, bool(row.get("ambiguous")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationFileError(
                f"{path.name}, line {number}: expected a JSON object with lang, text and label ({error})"
            ) from error


def label(intent: str) -> str:
    """The label that an intent stands for."""
    return LABEL_OF_INTENT.get(intent, intent)


async def evaluate(agent: Agent, utterances: Iterable[Utterance]) -> list[Result]:
    """Lets the agent parse each utterance."""
    results = []
    for utterance in utterances:
        start = time.perf_counter()
        parsed: Mapping[str, Any] = await agent.parse_message(utterance.text)
        milliseconds = (time.perf_counter() - start) * 1000
        ranking = tuple(dict.fromkeys(label(i["name"]) for i in parsed["intent_ranking"]))
        intent = parsed["intent"]
        results.append(Result(utterance, label(intent["name"]), intent["confidence"], ranking, milliseconds))
    return results


@dataclass(frozen=True)
class Summary:
    """The figures of a set of results; shares between 0 and 1, nan where there is nothing to count."""

    count: int
    right: float
    phases_right: float
    phase_among_first_two: float
    out_of_scope_found: float
    false_alarms: float
    p50: float
    p95: float


def summarise(results: Sequence[Result]) -> Summary:
    """Counts."""
    phases = [r for r in results if r.utterance.label.startswith("phase_")]
    outside = [r for r in results if r.utterance.label == OUT_OF_SCOPE]
    inside = [r for r in results if r.utterance.label != OUT_OF_SCOPE]
    times = [r.milliseconds for r in results]
    return Summary(
        count=len(results),
        right=_share([r.right for r in results]),
        phases_right=_share([r.right for r in phases]),
        phase_among_first_two=_share(
            [r.utterance.label in [x for x in r.ranking if x.startswith("phase_")][:2] for r in phases]
        ),
        out_of_scope_found=_share([r.predicted == OUT_OF_SCOPE for r in outside]),
        false_alarms=_share([r.predicted == OUT_OF_SCOPE and not r.right for r in inside]),
        p50=float(np.percentile(times, 50)) if times else float("nan"),
        p95=float(np.percentile(times, 95)) if times else float("nan"),
    )


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else float("nan")


def by_label(results: Sequence[Result]) -> dict[str, tuple[int, int]]:
    """Per label how many were right, of how many."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        counts[result.utterance.label].append(result.right)
    return {name: (sum(hits), len(hits)) for name, hits in sorted(counts.items())}


def confusions(results: Sequence[Result]) -> list[tuple[str, str, int]]:
    """What was taken for what, the most frequent first."""
    wrong = Counter((r.utterance.label, r.predicted) for r in results if not r.right)
    return [(meant, taken, number) for (meant, taken), number in wrong.most_common()]
