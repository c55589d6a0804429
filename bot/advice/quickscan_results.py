"""What the figures of a quickscan say: the share of each stage, what is usual, and where the leak is."""

from __future__ import annotations

from dataclasses import dataclass

from bot.advice import shares
from bot.advice.case import Case
from bot.advice.situation import Situation
from bot.knowledge.models import Benchmark
from bot.knowledge.problems import Scan, ScanStage

MUCH_WORSE = 0.7
"""Factor on what is usual from which a share is worth a remark although it is not certain."""

ASKED_PERIOD = "month"
"""Of what the questions ask for."""


@dataclass(frozen=True)
class StageResult:
    """A part of the funnel with the owner's figures.

    Attributes:
        stage: What it is.
        share: The share that goes on; of an inverse share that is told (no-shows), the share that leaves.
        benchmark: What it is compared with; None if none fits such a business.
        context: What else is published of it, for a share without benchmark.
    """

    stage: ScanStage
    share: shares.Share
    benchmark: Benchmark | None
    context: Benchmark | None = None

    @property
    def average(self) -> float | None:
        """What is usual, in the direction of the share: a stage counts who goes on, also where its metric does not."""
        if self.benchmark is None or self.benchmark.value is None:
            return None
        usual = self.benchmark.value / 100
        return 1 - usual if self.stage.inverse and self.stage.share is None else usual

    @property
    def fewer_is_better(self) -> bool:
        """Whether a low share is good, as of no-shows."""
        return self.stage.share is not None and self.stage.inverse

    @property
    def lags(self) -> bool:
        """Whether the share is worse than usual beyond doubt: the usual lies outside the confidence interval."""
        if self.average is None:
            return False
        return shares.side_of(self.share, self.average) == ("above" if self.fewer_is_better else "below")

    @property
    def seems_to_lag(self) -> bool:
        """Whether the share is much worse than usual, but on numbers so small that chance may have done it."""
        if self.average is None or self.lags:
            return False
        ratio = self.share.value / self.average
        return ratio >= 1 / MUCH_WORSE if self.fewer_is_better else ratio <= MUCH_WORSE

    @property
    def missed(self) -> float:
        """How many more a month would go on, or stay, at what is usual."""
        if self.average is None or self.share.whole is None:
            return 0.0
        return abs(self.average - self.share.value) * self.share.whole


def results(case: Case, scan: Scan, situation: Situation) -> list[StageResult]:
    """The parts of the funnel whose figures are known, from wide to narrow."""
    found = []
    for stage in scan.stages:
        if stage.unless and case.figure(stage.unless):
            continue
        share = _share(stage, case)
        if share is None:
            continue
        benchmark = shares.benchmark(share, situation)
        published = shares.benchmarks_of(stage.metric, situation) if stage.share and benchmark is None else ()
        found.append(StageResult(stage, share, benchmark, context=next(iter(published), None)))
    return found


def name(stage: ScanStage, situation: Situation) -> str:
    """What the share of a stage is called: by its metric, unless the quickscan calls it otherwise."""
    return situation.text(stage.name or situation.knowledge.metrics[stage.metric].name)


def _share(stage: ScanStage, case: Case) -> shares.Share | None:
    if stage.share:
        told = case.figure(stage.share)
        if told is None:
            return None
        value = told.value / 100 if told.unit == "percent" else told.value
        whole = case.monthly(stage.of)
        part = None if whole is None else value * whole
        return shares.Share(value, stage.metric, part, whole, told.period or ASKED_PERIOD)
    wide, narrow = case.monthly(stage.wide), case.monthly(stage.narrow)
    if not wide or narrow is None or narrow > wide:
        return None
    return shares.Share(narrow / wide, stage.metric, narrow, wide)


def leak(found: list[StageResult]) -> StageResult | None:
    """The stage that lags behind what is usual and costs most sales; None if none does beyond doubt."""
    lagging = [result for result in found if result.lags]

    def sales(result: StageResult) -> float:
        """The missed ones who would have gone through the later stages too."""
        later = next((r for r in found if r.stage.wide and r.stage.wide == result.stage.narrow), None)
        return result.missed * (later.share.value if later else 1.0)

    return max(lagging, key=sales) if lagging else None
