"""Conversion rates from the numbers that an owner mentions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from babel.numbers import format_decimal

from bot.advice.situation import Situation
from bot.knowledge import LOCALES

STEPS = ("visitors", "carts", "leads", "quotes", "orders")
"""The steps of the funnel, from wide to narrow."""

LOW_CONVERSION = 0.01
"""Orders ÷ visitors below this is low; 1 to 4% is the usual range (Littledata 2024, Wolfgang 2016)."""


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
    def is_low(self) -> bool:
        """Whether the rate of orders to visitors is below the usual range."""
        return (self.wide.role, self.narrow.role) == ("visitors", "orders") and self.share < LOW_CONVERSION

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
    if rate.wide.role == "visitors" and rate.narrow.role == "orders":
        benchmarks = situation.knowledge.benchmarks_for("conversion_rate", situation.business_type)
        if benchmarks:
            sentence += " " + benchmarks[0].text.localized(situation.language)
    return sentence
