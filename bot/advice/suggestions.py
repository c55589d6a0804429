"""Suggestions: where no exchange is near enough to be the answer, the nearest ones as buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Ref
from bot.advice.situation import Situation, capitalized
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Exchange

Kinship = Literal["problem", "phase", "other"]

LIKELY: dict[Kinship, float] = {"problem": 0.22, "phase": 0.36, "other": 0.46}
"""Cosine similarity from which an exchange is suggested. docs/decisions/0013-exchanges.md has the measurement."""

CLEARLY = 0.1
"""How much nearer one must be to be suggested although the message may be a plain fact."""

MOST = 3

CAPTION = 60
"""Characters of a button, if an exchange has such a short sentence."""


def offer(said: Utterance, situation: Situation, lead: str = "suggest", *, by: float = 0.0) -> Advised | None:
    """The exchanges that a message is nearest to, to choose from; None if it is near none, or after two such answers.

    Args:
        said: The message.
        situation: The conversation.
        lead: The phrase that says so; after a suggestion before, another one.
        by: How much nearer they must be.
    """
    found = list(_nearest(said, situation, by)) if said.text else []
    if not found or situation.case.misses > 1:
        return None
    key = "suggest_again" if situation.case.misses else lead
    answer = Answer(
        language=situation.language,
        sections=(Section(text=situation.say(key)),),
        replies=(*(_button(exchange, situation) for exchange in found), replies.human(situation)),
        phase=situation.phase,
    )
    case = situation.case.after_saying(offered=(Ref("exchange", exchange.id) for exchange in found))
    return Advised(answer, replace(case, misses=situation.case.misses + 1))


def _nearest(said: Utterance, situation: Situation, by: float) -> Iterator[Exchange]:
    known = situation.knowledge.exchanges
    margins = {
        id_: similarity - LIKELY[kinship(known[id_], situation)] - by
        for id_, similarity in said.exchanges.items()
        if id_ in known and suits(known[id_], situation) and not situation.case.has_said("exchange", id_)
    }
    likely = sorted((id_ for id_, margin in margins.items() if margin >= 0), key=lambda id_: -margins[id_])
    return (known[id_] for id_ in likely[:MOST])


def suits(exchange: Exchange, situation: Situation) -> bool:
    """Whether an exchange is one of the owner's trade, which must be known, and of the kind of business if known."""
    trade, kind = situation.case.trade, situation.business_type
    in_trade = not exchange.trades or trade in exchange.trades
    return in_trade and (not exchange.fits or kind is None or kind in exchange.fits)


def kinship(exchange: Exchange, situation: Situation) -> Kinship:
    """Whether owners say it about the present problem, about another problem of its phase, or about others."""
    problem = situation.case.problem
    if problem and {problem.symptom, *problem.likely} & set(exchange.symptoms):
        return "problem"
    phases = {situation.knowledge.symptoms[id_].phase for id_ in exchange.symptoms}
    return "phase" if problem and problem.phase in phases else "other"


def _button(exchange: Exchange, situation: Situation) -> QuickReply:
    """The button that says an exchange in an owner's words."""
    return QuickReply(caption(exchange, situation), "inform", {"exchange": exchange.id})


def caption(exchange: Exchange, situation: Situation) -> str:
    """The first sentence of an exchange that is short enough for a button, else its shortest."""
    sentences = exchange.says.localized(situation.language)
    short = (sentence for sentence in sentences if len(sentence) <= CAPTION)
    return capitalized(re.sub(r"\bi\b", "I", next(short, min(sentences, key=len))))
