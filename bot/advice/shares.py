"""Shares that an owner tells, such as 4 of 10: what is certain at such numbers, and how they compare."""

from __future__ import annotations

from dataclasses import dataclass

from bot.advice import funnel
from bot.advice.case import Fact, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.models import Benchmark, Metric

CONFIDENCE = 0.95
WIDE = 0.10
"""Width of the confidence interval from which an answer names it."""

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

    @property
    def percentage(self) -> float:
        """The share in percent."""
        return self.value * 100

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


def describe(share: Share, situation: Situation) -> str:
    """What a share is: the sum, how certain it is, and how it compares with a benchmark if there is one."""
    sentences = []
    if share.part is not None and share.whole is not None:
        sentences.append(
            situation.say(
                "share",
                part=funnel.format_number(share.part, situation),
                whole=funnel.format_number(share.whole, situation),
                percentage=percentage(share.value, situation),
            )
        )
    if (uncertain := _uncertainty(share, situation)) is not None:
        sentences.append(uncertain)
    if yearly := _yearly(share, situation):
        sentences.append(yearly)
    if compared := _compared(share, situation):
        sentences.append(compared)
    return " ".join(sentences)


def verdict(share: Share, situation: Situation) -> str:
    """Whether a share is good: compared with a benchmark, or that there is none and what to look at instead.

    A benchmark that was said already is not repeated.
    """
    found = benchmark(share, situation)
    if found and found.value is not None and situation.case.has_said("benchmark", found.id):
        position = situation.say(_position(share, found.value / 100) + ("_rule" if found.is_rule else ""))
        return " ".join(filter(None, (position, _gain(share, situation) or situation.say("own_trend"))))
    compared = _compared(share, situation)
    if compared is None:
        about = (_yearly(share, situation), _no_benchmark(share, situation), _gain(share, situation))
        return " ".join(filter(None, about))
    uncertain = _uncertainty(share, situation)
    return " ".join(filter(None, (compared, uncertain)))


def said(share: Share | None, situation: Situation) -> tuple[Ref, ...]:
    """What the case remembers of a comparison."""
    found = benchmark(share, situation) if share else None
    return (Ref("benchmark", found.id),) if found else ()


def percentage(value: float, situation: Situation) -> str:
    """A share in percent, as precisely as its size asks for: 0,79 but 40."""
    percent = value * 100
    return funnel.format_number(percent, situation, 2 if percent < 1 else 1 if percent < 10 else 0)


def _yearly(share: Share, situation: Situation) -> str | None:
    """What a share that leaves every month comes to in a year: 1 - (1 - share)^12."""
    if share.metric != "churn" or share.period != "month":
        return None
    yearly = 1 - (1 - share.value) ** 12
    return situation.say("share_yearly", share=percentage(share.value, situation), yearly=percentage(yearly, situation))


def _uncertainty(share: Share, situation: Situation) -> str | None:
    interval = share.interval()
    if interval is None or interval[1] - interval[0] < WIDE:
        return None
    low, high = (percentage(bound, situation) for bound in interval)
    return situation.say("share_uncertain", low=low, high=high)


def benchmark(share: Share, situation: Situation) -> Benchmark | None:
    """The benchmark with a value that fits the metric and the kind of business; a web shop's fits web shops only."""
    if share.metric is None:
        return None
    if share.metric == funnel.CONVERSION and not funnel.is_comparable(situation):
        return None
    found = situation.knowledge.benchmarks_for(share.metric, situation.business_type)
    return next((b for b in found if b.value is not None), None)


def _compared(share: Share, situation: Situation) -> str | None:
    found = benchmark(share, situation)
    if found is None or found.value is None:
        return None
    position = _position(share, found.value / 100) + ("_rule" if found.is_rule else "")
    return f"{situation.say(position)} {situation.text(found.text)}"


def _position(share: Share, average: float) -> str:
    """Whether a share lies below, above or about an average; about it if the confidence interval has the average."""
    low, high = share.interval() or (share.value * (1 - ABOUT), share.value * (1 + ABOUT))
    return "share_below" if high < average else "share_above" if low > average else "share_about"


def _no_benchmark(share: Share, situation: Situation) -> str:
    metric = situation.knowledge.metrics.get(share.metric or "")
    general = situation.knowledge.benchmarks_for(share.metric or "", situation.business_type)
    if general and share.metric != funnel.CONVERSION:
        return situation.text(general[0].text)
    if metric is None:
        return situation.say("share_no_benchmark_unnamed")
    return situation.say("share_no_benchmark", metric=situation.text(metric.name).lower())


def _gain(share: Share, situation: Situation) -> str | None:
    """What a tenth of the whole more would be."""
    if share.whole is None or share.whole < MIN_WHOLE:
        return None
    more = max(1, round(share.whole / 10))
    return situation.say("share_gain", more=funnel.format_number(more, situation), whole=round(share.whole))
