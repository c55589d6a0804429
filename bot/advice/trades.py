"""The owner's trade: whether a trade that a message names is his own."""

from __future__ import annotations

from bot.advice import signals
from bot.advice.situation import Situation
from bot.forms.parsing import is_question

LOCAL_SHOP, WEB_SHOP = "local_shop", "webshop"

NEAR = 5
"""Words before the name of a trade that may introduce it: "ik heb een kleine tuinderij"."""


def kind_of_business(trade: str, text: str, situation: Situation) -> str:
    """The kind of business of an owner who names the trade: a web shop if the message says that it sells online."""
    sells_online = signals.has(text, "sells_online", situation)
    kind = situation.knowledge.trades[trade].business_type
    return WEB_SHOP if sells_online and kind == LOCAL_SHOP else kind


def is_own(trade: str, text: str, start: int, situation: Situation) -> bool:
    """Whether a message names the owner's own trade; another one than is known only if introduced so.

    "we staan op festivals" does not make a caterer an event organiser; "ik ben fotograaf" makes a photographer; "is
    that normal for a tea shop?" makes nobody anything.

    Args:
        trade: Its id.
        text: The message.
        start: Where in the message the trade is named.
        situation: Before this message.
    """
    before = " ".join(text[:start].split()[-NEAR:])
    if signals.has(before, "introduction", situation):
        return True
    if is_question(text):
        return False
    if situation.case.trade:
        return situation.case.trade == trade
    return situation.business_type in (None, situation.knowledge.trades[trade].business_type)
