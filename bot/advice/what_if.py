"""What-if sums with an owner's own figures: each with its formula, and a range where chance plays a part."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.advice import funnel, replies, shares, signals
from bot.advice.answer import Answer, Section
from bot.advice.case import Advised
from bot.advice.funnel import profit
from bot.advice.quickscan import scan_for
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.models import Text

ORDER_VALUE = "order_value"

RISE = re.compile(r"(?:van|from)\D{0,4}(\d+(?:[.,]\d{1,2})?)\D{0,12}(?:naar|to)\D{0,4}(\d+(?:[.,]\d{1,2})?)")
"""An old and a new price: "van 28 naar 33 euro", "from £28 to £33"."""

TARGET = re.compile(r"(\d+(?:[.,]\d+)?)\s?(?:%|procent|percent|per cent)")


def answer(said: Utterance, kind: str | None, situation: Situation) -> Advised | None:
    """The sum that a message asks for; None if it asks none.

    Args:
        said: The message.
        kind: The kind of question that its words ask (questions.yml).
        situation: The conversation; its case has the figures.
    """
    calculate = _SUMS.get(kind or "", _price_rise)
    text = calculate(said, situation)
    if text is None:
        return None
    reply = Answer(
        language=situation.language,
        sections=(Section(text=text),),
        replies=(replies.quickscan(situation),),
        phase=situation.phase,
        about="sum",
    )
    return Advised(reply, situation.case.after_saying())


def _orders_at(said: Utterance, situation: Situation) -> str:
    """Orders at another conversion rate: visitors x rate, with the range that chance gives (95 %)."""
    visitors, orders = (situation.case.monthly(role) for role in ("visitors", "orders"))
    wanted = TARGET.search(said.text)
    if visitors is None or wanted is None:
        return _needs(situation, "visitors", key="sum_needs_target")
    rate = float(wanted[1].replace(",", ".")) / 100
    if not 0 < rate <= 1:
        return situation.say("scan_percent")
    then = visitors * rate
    low, high = shares.Share(rate, part=then, whole=visitors).interval() or (rate, rate)
    text = situation.say(
        "sum_orders",
        visitors=situation.number(visitors),
        rate=situation.percentage(rate),
        orders=situation.number(then),
        low=situation.number(low * visitors),
        high=situation.number(high * visitors),
    )
    if orders is not None and then > orders:
        text += " " + situation.say("sum_more", more=situation.number(then - orders), now=situation.number(orders))
        if value := situation.case.figure("order_value"):
            text += " " + situation.say("scan_gain_euros", euros=situation.number((then - orders) * value.value))
    return text


def _max_click(said: Utterance, situation: Situation) -> str:
    """Break-even cost per click: order value x margin x conversion rate."""
    left, rate = profit(situation), funnel.conversion(situation)
    if left is None or rate is None:
        return _needs(situation, "visitors", "orders", "order_value", "margin")
    return situation.say(
        "sum_click",
        profit=situation.money(left),
        rate=situation.percentage(rate.share),
        click=situation.money(left * rate.share),
    )


def _max_customer(said: Utterance, situation: Situation) -> str:
    """Break-even cost of a new customer on the first order: order value x margin; and per click and lifetime value."""
    left = profit(situation)
    if left is None:
        return _needs(situation, "order_value", "margin")
    text = situation.say("sum_customer", profit=situation.money(left))
    budget, orders = situation.case.monthly("budget"), situation.case.monthly("orders")
    if budget and orders:
        cost = budget / orders
        key = "sum_customer_within" if cost <= left else "sum_customer_above"
        text += " " + situation.say(key, cost=situation.money(cost))
    return text


def _break_even(said: Utterance, situation: Situation) -> str:
    """Orders that earn an expense back: amount ÷ (order value x margin); without a margin by revenue."""
    left, value = profit(situation), situation.case.figure(ORDER_VALUE)
    expenses = [a.value for a in said.amounts if a.unit == "euro" and a.role != ORDER_VALUE]
    amount = said.euros or max(expenses, default=None) or situation.case.monthly("budget")
    if left is None and value and amount:
        return situation.say(
            "sum_break_even_revenue",
            amount=situation.money(amount),
            value=situation.money(value.value),
            orders=situation.number(-(-amount // value.value)),
        )
    if left is None or not amount:
        return _needs(situation, "order_value", "margin", *(() if amount else ("budget",)))
    return situation.say(
        "sum_break_even",
        amount=situation.money(amount),
        profit=situation.money(left),
        orders=situation.number(-(-amount // left)),
    )


def _roas(said: Utterance, situation: Situation) -> str:
    """Break-even return on ad spend: 1 ÷ margin."""
    margin = situation.case.figure("margin")
    if margin is None or margin.value <= 0:
        return _needs(situation, "margin")
    return situation.say(
        "sum_roas",
        margin=situation.number(margin.value),
        roas=situation.number(100 / margin.value, 1),
    )


def _price_rise(said: Utterance, situation: Situation) -> str | None:
    """The share of customers that a price rise may cost: (new - old) ÷ (margin x old + new - old).

    Without a margin as if all of the price were left over, which gives the smallest share: 1 - old ÷ new. None without
    an old and a new price: such a message is about a rise in general.
    """
    found = RISE.search(said.text)
    if found is None or not signals.has(said.text, "price", situation):
        return None
    old, new = (float(number.replace(",", ".")) for number in found.groups())
    if not 0 < old < new:
        return None
    margin = situation.case.figure("margin")
    left = margin.value / 100 if margin and 0 < margin.value <= 100 else 1.0
    return situation.say(
        "sum_price_rise_margin" if margin else "sum_price_rise",
        old=situation.money(old),
        new=situation.money(new),
        more=situation.percentage(new / old - 1),
        margin=situation.number(left * 100),
        lost=situation.percentage((new - old) / (left * old + new - old)),
    )


def _needs(situation: Situation, *roles: str, key: str = "sum_needs") -> str:
    """Which figures are missing for a sum."""
    scan = scan_for(situation)
    names: Mapping[str, Text] = {question.figure: question.name for question in scan.questions}
    missing = [situation.text(names[role]) for role in roles if situation.case.figure(role) is None and role in names]
    return situation.say(key if missing else "sum_needs_target", figures=", ".join(missing))


_SUMS: Mapping[str, Callable[[Utterance, Situation], str | None]] = {
    "orders_at": _orders_at,
    "max_click": _max_click,
    "max_customer": _max_customer,
    "break_even": _break_even,
    "roas": _roas,
}
