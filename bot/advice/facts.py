"""Facts that an owner tells about the present problem, and what they say."""

from __future__ import annotations

from bot.advice import shares
from bot.advice.answer import Section
from bot.advice.case import Fact
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance

SIGNS = {"euro": "€ {}", "percent": "{}%"}
"""How a number with a unit is written."""

SHARE = "share"
"""Role under which the case keeps the last share that does not say what it is a value of."""


def noted(said: Utterance, situation: Situation) -> tuple[Section, ...]:
    """What the figures in a message say: a share with its sum, else the figures that were heard; empty without any."""
    if share := shares.told(said, situation):
        text = shares.describe(share, situation)
        return (Section(text=text),) if text else ()
    figures = [name_of(fact, situation) for fact in said.facts]
    return (Section(text=situation.say("noted_figure", figures=", ".join(figures))),) if figures else ()


def name_of(fact: Fact, situation: Situation) -> str:
    """A figure in words: "12 reviews", "orderwaarde € 62"."""
    number = situation.number(fact.value, 0 if fact.value == round(fact.value) else 2)
    word = situation.knowledge.figures[fact.role].words.localized(situation.language)[0]
    if fact.unit in SIGNS:
        return f"{word} {SIGNS[fact.unit].format(number)}"
    return f"{number} {word}"


def with_share(said: Utterance, situation: Situation) -> tuple[Fact, ...]:
    """The share that a message tells as a fact, for the case; with its metric as the role, if that is known."""
    share = shares.told(said, situation)
    if share is None or situation.case.asked is not None:  # else it answers the quickscan
        return ()
    return (Fact(share.metric or SHARE, share.value, "ratio", share.period, share.whole),)


def last_share(situation: Situation) -> shares.Share | None:
    """The share that the owner told last."""
    for fact in reversed(situation.case.facts):
        if fact.unit == "ratio":
            part = None if fact.whole is None else round(fact.value * fact.whole)
            return shares.Share(fact.value, None if fact.role == SHARE else fact.role, part, fact.whole, fact.period)
    return None
