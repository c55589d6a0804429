"""The funnel from visitors to orders, and the conversion rates between the numbers that an owner mentions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.advice.case import Fact
from bot.advice.situation import Situation

STEPS = ("visitors", "carts", "leads", "quotes", "orders")
"""The steps of the funnel, from wide to narrow."""

COMPARABLE = "webshop"
"""The kind of business whose orders ÷ visitors can be compared; others sell by enquiry, table or appointment."""

CONVERSION = "conversion_rate"
"""The metric of orders ÷ visitors."""

SYMPTOM = "visitors_dont_buy"
"""The problem that a low conversion rate shows."""


@dataclass(frozen=True)
class Rate:
    """The conversion from one step of the funnel to a later one."""

    wide: Fact
    narrow: Fact

    @property
    def is_conversion(self) -> bool:
        """Whether it is the rate of orders to visitors."""
        return (self.wide.role, self.narrow.role) == ("visitors", "orders")

    @property
    def share(self) -> float:
        """The conversion rate, from 0 to 1."""
        return self.narrow.value / self.wide.value


def rates(counts: Iterable[Fact]) -> tuple[Rate, ...]:
    """The conversion from the widest step that was mentioned to each narrower one; none if the numbers contradict.

    >>> [rate.share for rate in rates([Fact("orders", 12, "count"), Fact("visitors", 5000, "count")])]
    [0.0024]
    """
    by_role = {count.role: count for count in counts}
    present = [by_role[role] for role in STEPS if role in by_role]
    if len(present) < 2 or present[0].value <= 0:
        return ()
    wide = present[0]
    return tuple(Rate(wide, narrow) for narrow in present[1:] if 0 <= narrow.value <= wide.value)


def conversion(situation: Situation) -> Rate | None:
    """Orders ÷ visitors of a month, by the figures that the owner told; None without them."""
    monthly = {role: situation.case.monthly(role) for role in ("visitors", "orders")}
    counts = (Fact(role, value, "count", "month") for role, value in monthly.items() if value is not None)
    return next(iter(rates(counts)), None)


def is_comparable(situation: Situation) -> bool:
    """Whether the orders ÷ visitors of this business can be judged by the benchmark of web shops."""
    return situation.business_type in (None, COMPARABLE)


def profit(situation: Situation) -> float | None:
    """What an order leaves before marketing: order value x margin, in euros."""
    value, margin = situation.case.figure("order_value"), situation.case.figure("margin")
    return value.value * margin.value / 100 if value and margin else None
