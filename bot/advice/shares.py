"""Shares that an owner tells, such as 4 of 10: what is certain at such numbers, and how they compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.advice import funnel
from bot.advice.case import Fact, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.models import Benchmark, Metric

CONFIDENCE = 0.95
WIDE = 0.10
"""Width of the confidence interval from which a share is uncertain, however large it is."""

ABOUT = 0.15
"""Relative difference to a benchmark below which a share without its numbers is about the same."""

MIN_WHOLE = 20
"""Of which a tenth more is worth saying."""


@dataclass(frozen=True)
class Share:
    """A share from 0 to 1, with what it is a value of and its numbers, as far as they are known."""

    value: float
    metric: str | None = None
    part: float | None = None
    whole: float | None = None
    period: str | None = None

    def interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval of the share (Wilson score interval); None if the numbers are unknown.

        >>> Share(1 / 200, part=1, whole=200).interval()
        (0.0009, 0.0278)
        >>> Share(0, part=0, whole=20).interval()
        (0.0, 0.1611)
        """
        if self.part is None or self.whole is None:
            return None
        from scipy.stats import binomtest  # a second to import, and few conversations need it

        found = binomtest(round(self.part), max(round(self.whole), 1)).proportion_ci(CONFIDENCE, method="wilson")
        return round(float(found.low), 4), round(float(found.high), 4)

    @property
    def is_uncertain(self) -> bool:
        """Whether its numbers say little: the interval is wide, by itself or beside the share.

        >>> Share(1 / 200, part=1, whole=200).is_uncertain, Share(60 / 5000, part=60, whole=5000).is_uncertain
        (True, False)
        """
        low, high = self.interval() or (self.value, self.value)
        return high - low >= WIDE or high - low > self.value > 0


def told(said: Utterance, situation: Situation) -> Share | None:
    """The share that a message tells: as a percentage, as a ratio, or as two counts of which one is a part.

    A share that does not say what it is a value of is one of the metric of the present problem.
    """
    metric = metric_of_problem(situation)
    for figure in said.amounts:
        role = situation.knowledge.figures.get(figure.role)
        own = (role.metric if role else None) or (metric.id if metric else None)
        if figure.unit == "percent" and figure.role != "margin" and 0 <= figure.value <= 100:
            return Share(figure.value / 100, own, period=figure.period)
        if figure.unit == "ratio" and figure.whole:
            return Share(figure.value, own, round(figure.value * figure.whole), figure.whole)
    counts = [fact for fact in said.amounts if fact.unit == "count"]
    if metric and len(counts) == 2:
        wide, narrow = sorted(counts, key=lambda fact: -fact.value)
        if narrow.role in ("", "orders") and wide.value > 0 and _is_share_of(wide, narrow):
            own_metric = metric.id if not {"visitors", "carts", "leads"} & {wide.role} else None
            return Share(narrow.value / wide.value, own_metric, narrow.value, wide.value)
    return None


def _is_share_of(wide: Fact, narrow: Fact) -> bool:
    return wide.role in ("", *funnel.STEPS[:-1]) and wide.role != narrow.role


def metric_of_problem(situation: Situation) -> Metric | None:
    """The metric of the present problem, if it is a share."""
    if situation.symptom is None:
        return None
    metric = situation.knowledge.metrics[situation.symptom.measurement.metric]
    return metric if metric.unit == "percent" else None


def of_rate(rate: funnel.Rate) -> Share:
    """A conversion rate as a share."""
    metric = funnel.CONVERSION if rate.is_conversion else None
    return Share(rate.share, metric, rate.narrow.value, rate.wide.value)


def describe_rate(rate: funnel.Rate, situation: Situation) -> str:
    """A sentence about a conversion rate, and how it compares if there is a benchmark for this kind of business."""
    key = f"rate_{rate.wide.role}_{rate.narrow.role}" if rate.narrow.role == "orders" else "rate_other"
    sentence = situation.say(
        key,
        wide=situation.number(rate.wide.value),
        narrow=situation.number(rate.narrow.value),
        percentage=situation.percentage(rate.share),
    )
    if not rate.is_conversion:
        return sentence
    return f"{sentence} {_compared(of_rate(rate), situation) or situation.say('rate_not_comparable')}"


def of_counts(counts: Iterable[Fact], situation: Situation) -> tuple[list[str], Situation]:
    """Sentences about the conversion rates between counts, and the situation after them."""
    rates = funnel.rates(counts)
    said = [ref for rate in rates for ref in compared_with(of_rate(rate), situation)]
    after = situation.with_case(situation.case.remembering(*said))
    return [describe_rate(rate, situation) for rate in rates], after


def describe(share: Share, situation: Situation) -> str:
    """What a share is: the sum, and how it compares with a benchmark; without one, how certain it is."""
    sentences: list[str | None] = []
    if share.part is not None and share.whole is not None:
        part, whole = situation.number(share.part), situation.number(share.whole)
        sentences.append(situation.say("share", part=part, whole=whole, percentage=situation.percentage(share.value)))
    sentences += [yearly(share, situation), _compared(share, situation) or _uncertainty(share, situation)]
    return " ".join(filter(None, sentences))


def verdict(share: Share, situation: Situation) -> str:
    """Whether a share is good: compared with a benchmark, or that there is none and what to look at instead.

    A benchmark that was said already is not repeated.
    """
    found = benchmark(share, situation)
    if found and situation.case.has_said("benchmark", found.id):
        own = situation.say("share_own", percentage=situation.percentage(share.value))
        return f"{own} {_position(share, found, situation)} {_gain(share, situation) or situation.say('own_trend')}"
    if compared := _compared(share, situation):
        return " ".join(filter(None, (yearly(share, situation), compared)))
    return " ".join(filter(None, (yearly(share, situation), _no_benchmark(share, situation), _gain(share, situation))))


def compared_with(share: Share | None, situation: Situation) -> tuple[Ref, ...]:
    """What the case remembers of a comparison."""
    found = benchmark(share, situation) if share else None
    return (Ref("benchmark", found.id),) if found else ()


def benchmark(share: Share, situation: Situation) -> Benchmark | None:
    """The benchmark with a value that fits the metric and the kind of business; a web shop's fits web shops only."""
    if share.metric is None:
        return None
    if share.metric == funnel.CONVERSION and not funnel.is_comparable(situation):
        return None
    found = benchmarks_of(share.metric, situation)
    return next((b for b in found if b.value is not None and b.period in (None, share.period)), None)


def benchmarks_of(metric: str, situation: Situation) -> tuple[Benchmark, ...]:
    """What is published of a metric for this business, the most fitting first."""
    return situation.knowledge.benchmarks_for(metric, situation.business_type, situation.case.trade)


def is_below(share: Share, situation: Situation) -> bool:
    """Whether a share is below its benchmark beyond doubt."""
    found = benchmark(share, situation)
    return found is not None and _side(share, found) == "below"


def yearly(share: Share, situation: Situation) -> str | None:
    """What a share that leaves every month comes to in a year: 1 - (1 - share)^12."""
    if share.metric != "churn" or share.period != "month":
        return None
    in_year = 1 - (1 - share.value) ** 12
    return situation.say("share_yearly", share=situation.percentage(share.value), yearly=situation.percentage(in_year))


def _uncertainty(share: Share, situation: Situation) -> str | None:
    return situation.say("share_uncertain", **_bounds(share, situation)) if share.is_uncertain else None


def _bounds(share: Share, situation: Situation) -> dict[str, str]:
    low, high = share.interval() or (share.value, share.value)
    return {"low": situation.percentage(low), "high": situation.percentage(high)}


def _compared(share: Share, situation: Situation) -> str | None:
    found = benchmark(share, situation)
    return f"{_position(share, found, situation)} {situation.text(found.text)}" if found else None


def _position(share: Share, found: Benchmark, situation: Situation) -> str:
    """Whether a share is below, above or about a benchmark; or that its numbers are too small to say so."""
    side = _side(share, found)
    key = "share_undecided" if side == "about" and share.is_uncertain else f"share_{side}"
    return situation.say(key + ("_rule" if found.is_rule else ""), **_bounds(share, situation))


def _side(share: Share, found: Benchmark) -> str:
    return side_of(share, (found.value or 0.0) / 100)


def side_of(share: Share, average: float) -> Literal["below", "above", "about"]:
    """Below or above an average, or about it: it lies in the confidence interval, or near a share without numbers.

    >>> side_of(Share(1 / 200, part=1, whole=200), 0.014), side_of(Share(0.04), 0.05)
    ('about', 'below')
    """
    low, high = share.interval() or (share.value * (1 - ABOUT), share.value * (1 + ABOUT))
    return "below" if high < average else "above" if low > average else "about"


def _no_benchmark(share: Share, situation: Situation) -> str:
    metric = situation.knowledge.metrics.get(share.metric or "")
    general = benchmarks_of(share.metric or "", situation)
    if general and share.metric != funnel.CONVERSION:
        return situation.text(general[0].text)
    if metric is None:
        return situation.say("share_no_benchmark_unnamed")
    return situation.say("share_no_benchmark", metric=situation.text(metric.name).lower())


def _gain(share: Share, situation: Situation) -> str | None:
    """What a tenth of the whole more would be; a tenth of all visitors is more than any shop could win."""
    if share.whole is None or share.whole < MIN_WHOLE or share.metric == funnel.CONVERSION:
        return None
    more = max(1, round(share.whole / 10))
    return situation.say("share_gain", more=situation.number(more), whole=round(share.whole))
