"""Conversion rates from the numbers that an owner mentions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from babel.numbers import format_decimal

from bot.advice.situation import Situation
from bot.knowledge import LOCALES

STEPS = ("visitors", "carts", "leads", "quotes", "orders")
"""The steps of the funnel, from wide to narrow."""

LOW_CONVERSION, HIGH_CONVERSION = 0.01, 0.031
"""Orders ÷ visitors below and above this are low and high for a web shop; the median Shopify store has 1.4 %, a quarter
more than 3.1 % (Littledata 2024)."""

COMPARABLE = "webshop"
"""The kind of business whose orders ÷ visitors can be compared; others sell by enquiry, table or appointment."""

CONVERSION = "conversion_rate"
"""The metric of orders ÷ visitors."""

SYMPTOM = "visitors_dont_buy"
"""The problem that a low conversion rate shows."""


@dataclass(frozen=True)
class Count:
    """A number of visitors, carts, leads, quotes or orders."""

    role: str
    value: float


@dataclass(frozen=True)
class Rate:
    """The conversion from one step of the funnel to a later one."""

    wide: Count
    narrow: Count

    @property
    def is_conversion(self) -> bool:
        """Whether it is the rate of orders to visitors."""
        return (self.wide.role, self.narrow.role) == ("visitors", "orders")

    @property
    def is_low(self) -> bool:
        """Whether the rate of orders to visitors is below the usual range of a web shop."""
        return self.is_conversion and self.share < LOW_CONVERSION

    @property
    def share(self) -> float:
        """The conversion rate, from 0 to 1."""
        return self.narrow.value / self.wide.value


def rates(counts: Iterable[Count]) -> tuple[Rate, ...]:
    """The conversion from the widest step that was mentioned to each narrower one; none if the numbers contradict.

    >>> [rate.share for rate in rates([Count("orders", 12), Count("visitors", 5000)])]
    [0.0024]
    """
    by_role = {count.role: count for count in counts}
    present = [by_role[role] for role in STEPS if role in by_role]
    if len(present) < 2 or present[0].value <= 0:
        return ()
    wide = present[0]
    return tuple(Rate(wide, narrow) for narrow in present[1:] if 0 <= narrow.value <= wide.value)


def format_number(value: float, situation: Situation, decimals: int = 0) -> str:
    """A number with the separators of the visitor's language."""
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return str(format_decimal(round(value, decimals), pattern, locale=LOCALES[situation.language]))


def describe(rate: Rate, situation: Situation) -> str:
    """A sentence about a rate, with a benchmark where the knowledge base has one."""
    percentage = rate.share * 100
    sentence = situation.say(
        f"rate_{rate.wide.role}_{rate.narrow.role}" if rate.narrow.role == "orders" else "rate_other",
        wide=format_number(rate.wide.value, situation),
        narrow=format_number(rate.narrow.value, situation),
        percentage=format_number(percentage, situation, 2 if percentage < 1 else 1),
    )
    if not rate.is_conversion:
        return sentence
    if not is_comparable(situation):
        return f"{sentence} {situation.say('rate_not_comparable')}"
    benchmarks = situation.knowledge.benchmarks_for("conversion_rate", situation.business_type)
    texts = [situation.say(_verdict(rate)), sentence, *(situation.text(b.text) for b in benchmarks[:1])]
    return " ".join(texts)


def verdict(situation: Situation) -> str | None:
    """In short whether the conversion rate that the owner told is low; None without figures, or where none compares."""
    told = [
        Count(fact.role, fact.value) for fact in situation.case.facts if fact.unit == "count" and fact.role in STEPS
    ]
    rate = next((rate for rate in rates(told) if rate.is_conversion), None)
    if rate is None or not is_comparable(situation):
        return None
    percentage = format_number(rate.share * 100, situation, 2 if rate.share < LOW_CONVERSION else 1)
    return f"{situation.say(_verdict(rate))} {situation.say('verdict_sum', percentage=percentage)}"


def _verdict(rate: Rate) -> str:
    return "verdict_low" if rate.is_low else "verdict_high" if rate.share > HIGH_CONVERSION else "verdict_usual"


def is_comparable(situation: Situation) -> bool:
    """Whether the orders ÷ visitors of this business can be judged by the benchmark of web shops."""
    return situation.business_type in (None, COMPARABLE)
