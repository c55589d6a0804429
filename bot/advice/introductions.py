"""Introductions: an owner tells the trade or the kind of business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.advice import replies, symptom_diagnosis, symptoms
from bot.advice.answer import Answer, Section
from bot.advice.case import Advised, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import PHASES

MAX_TRADE_PROBLEMS = 4
"""Problems that are offered to an owner who told the trade only."""


def answer(said: Utterance, situation: Situation) -> Advised | None:
    """The answer to an owner who tells the trade or the kind of business; None if the message tells neither."""
    if situation.trade and said.trade:
        likely = dict.fromkeys((*_heard(said, situation), *situation.trade.symptoms))
        return _ask_problem(situation, said.trade_word or situation.text(situation.trade.name), tuple(likely))
    if said.business_type:
        business = situation.knowledge.business_types[said.business_type]
        typical = [s.id for s in situation.knowledge.symptoms.values() if business.id in s.typical_of]
        return _ask_problem(situation, situation.text(business.name), _one_a_phase(typical, situation))
    return None


def _ask_problem(situation: Situation, name: str, typical: Sequence[str]) -> Advised:
    """Remembers the owner's business, and asks one question: what goes wrong."""
    offered = [situation.knowledge.symptoms[id_] for id_ in typical][:MAX_TRADE_PROBLEMS]
    answer = Answer(
        language=situation.language,
        sections=(Section(text=situation.say("business_noted", business=name[0].lower() + name[1:])),),
        replies=(*(symptoms.reply(s, situation) for s in offered), replies.my_problem(situation)),
        awaiting="phase",
        about="phase",
    )
    return Advised(answer, situation.case.after_saying(offered=[Ref("symptom", s.id) for s in offered]))


def _heard(said: Utterance, situation: Situation) -> list[str]:
    """The symptom that a message with a trade may be about: "in mei staat onze camping halfleeg"."""
    if len(said.text.split()) <= symptom_diagnosis.MIN_WORDS or not said.phases:
        return []
    phase = max(said.phases, key=lambda phase: said.phases[phase])
    options = symptoms.likeliest(said.symptoms.get(phase, {}), situation)
    return [options[0].id] if len(options) == 1 else []


def _one_a_phase(ids: Iterable[str], situation: Situation) -> list[str]:
    phases = {situation.knowledge.symptoms[id_].phase: id_ for id_ in reversed(list(ids))}
    return [phases[phase] for phase in PHASES if phase in phases]
