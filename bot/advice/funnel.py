"""Sums with the numbers that an owner mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.advice.situation import Situation

STEPS = ("visitors", "carts", "leads", "quotes", "orders")
"""The steps of the funnel, from wide to narrow."""


LOW_CONVERSION = 0.01
"""Orders ÷ visitors below which a shop sells to few; 1 to 4% is the usual range (Littledata 2024, Wolfgang 2016)."""


@dataclass(frozen=True)
class Count:
    """How many of a step of the funnel."""

    role: str
    value: float


@dataclass(frozen=True)
class Rate:
    """The part of one step that reaches a later one; `share` between 0 and 1."""

    wide: Count
    narrow: Count

    @property
    def is_low(self) -> bool:
        """Whether fewer visitors order than in most shops."""
        return (self.wide.role, self.narrow.role) == ("visitors", "orders") and self.share < LOW_CONVERSION

    @property
    def share(self) -> float:
        """narrow ÷ wide."""
        return self.narrow.value / self.wide.value


def parse_number(text: str) -> float | None:
    """A number as people type it: 5000, 5.000, 5,000, 5 000, 1,5k. None if it isn't one.

    A separator before exactly three digits is taken for thousands, in both languages.
    """
    text = text.strip().lower()
    factor = 1000.0 if text.endswith("k") else 1.0
    text = text.rstrip("k").strip()
    text = re.sub(r"[.,\s](?=\d{3}(?:\D|$))", "", text).replace(",", ".")
    try:
        return float(text) * factor
    except ValueError:
        return None


def rates(counts: Iterable[Count]) -> tuple[Rate, ...]:
    """The conversion from the widest step mentioned to each narrower one, where that makes sense.

    Formula: conversion rate = conversions ÷ visitors (or carts, leads, quotes).
    """
    by_role = {count.role: count for count in counts}
    present = [by_role[role] for role in STEPS if role in by_role]
    if len(present) < 2 or present[0].value <= 0:
        return ()
    wide = present[0]
    return tuple(Rate(wide, narrow) for narrow in present[1:] if 0 <= narrow.value <= wide.value)


def format_number(value: float, situation: Situation, decimals: int = 0) -> str:
    """A number with the separators of the visitor's language."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if situation.language == "nl" else text


def describe(rate: Rate, situation: Situation) -> str:
    """A rate as a sentence, with a benchmark where the knowledge base has one."""
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
            sentence += " " + benchmarks[0].text.in_(situation.language)
    return sentence
