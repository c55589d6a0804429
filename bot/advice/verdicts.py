"""Verdicts: whether a figure that the owner told is good, much or normal."""

from __future__ import annotations

from bot.advice import facts, funnel, means, shares
from bot.advice.answer import Section
from bot.advice.case import Advised
from bot.advice.remark import remark
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance


def _of_share(share: shares.Share, situation: Situation) -> Advised:
    told = remark(situation, Section(text=shares.verdict(share, situation)))
    return Advised(told.answer, told.case.remembering(*shares.compared_with(share, situation)))


def of_figures(said: Utterance, situation: Situation) -> Advised | None:
    """The verdict on the share, the conversion rate or the last figure that is known; None without any."""
    if (share := shares.told(said, situation)) or (share := facts.last_share(situation)):
        return _of_share(share, situation)
    if rate := of_conversion(situation):
        return rate
    if means.gives_means(said, situation) or said.minutes is not None:
        return means.first_steps(said, situation, symptom) if (symptom := situation.symptom) else None
    if said.euros is not None:
        return remark(situation, Section(text=situation.say("verdict_price")))
    if situation.case.facts:
        figure = facts.name_of(situation.case.facts[-1], situation)
        return remark(situation, Section(text=situation.say("verdict_own", figure=figure)))
    return None


def of_conversion(situation: Situation) -> Advised | None:
    """The verdict on the conversion rate, if it is known and a benchmark fits the kind of business."""
    rate = funnel.conversion(situation)
    return _of_share(shares.of_rate(rate), situation) if rate and funnel.is_comparable(situation) else None
