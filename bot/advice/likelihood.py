"""How likely each symptom is, by the classifier, the present problem and the owner's trade."""

from __future__ import annotations

from collections.abc import Mapping

from bot.advice import symptoms
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import PhaseId
from bot.knowledge.problems import Symptom

CURRENT_SYMPTOM_PRIOR = 3.0
"""Factor on the probability of the present symptom among those of its phase: what an owner says next is mostly on the
same problem. A prior odds ratio, chosen by hand."""

TRADE_PRIOR = 2.0
"""Factor on the problems that the owner's trade has most; a prior odds ratio, chosen by hand."""

SURE_SYMPTOM, DOUBTFUL_PHASE = 0.9, 0.3
"""Probability of a symptom, given its phase, and of the phase, from which the phase need not be asked."""

UNCLEAR = "unclear"
"""The sub-intent of messages that tell the phase only."""


def joint(said: Utterance, situation: Situation) -> list[tuple[Symptom, float]]:
    """The symptoms with the probability of phase and symptom together, given that it is a problem; likeliest first."""
    mass = sum(said.phases.values())
    known = situation.knowledge.symptoms
    typical = situation.trade.symptoms if situation.trade else ()
    found = [
        (known[id_], p * said.phases.get(phase, 0.0) / mass * (TRADE_PRIOR if id_ in typical else 1.0))
        for phase, of_phase in said.symptoms.items()
        for id_, p in of_phase.items()
        if id_ in known and mass
    ]
    return sorted(((symptom, min(p, 1.0)) for symptom, p in found), key=lambda item: -item[1])


def absolute(said: Utterance) -> dict[str, float]:
    """By symptom, the probability that the message is a problem of its phase and this symptom."""
    return {
        id_: p * said.phases.get(phase, 0.0) for phase, of_phase in said.symptoms.items() for id_, p in of_phase.items()
    }


def with_prior(probabilities: Mapping[str, float], situation: Situation) -> dict[str, float]:
    """The probabilities of symptoms, those of the present one weighed by the prior."""
    current = situation.case.symptom
    weighed = {id_: p * (CURRENT_SYMPTOM_PRIOR if id_ == current else 1.0) for id_, p in probabilities.items()}
    total, before = sum(weighed.values()), sum(probabilities.values())
    return {id_: p * before / total for id_, p in weighed.items()} if total else {}


def is_telling(said: Utterance, phase: PhaseId) -> bool:
    """Whether a message of a doubtful phase names one symptom of it so clearly that this is the problem."""
    surest = max(said.symptoms.get(phase, {}).items(), key=lambda item: item[1], default=("", 0.0))
    return said.phases[phase] >= DOUBTFUL_PHASE and surest[1] >= SURE_SYMPTOM and surest[0] != UNCLEAR


def usual(phase: PhaseId, situation: Situation) -> list[Symptom]:
    """The symptoms of a phase that the owner's trade or kind of business has most, else the first of the file."""
    of_phase = [symptom for symptom in situation.knowledge.symptoms.values() if symptom.phase == phase]
    of_trade = situation.trade.symptoms if situation.trade else ()
    kind = situation.business_type

    def rank(symptom: Symptom) -> tuple[bool, bool]:
        return (symptom.id not in of_trade, kind not in symptom.typical_of)

    return sorted(of_phase, key=rank)[: symptoms.MAX_CHOICES]
