"""The diagnosis by symptom: the clear one, the first of two, or a question between the likely ones."""

from __future__ import annotations

from collections.abc import Sequence

from bot.advice import causes, likelihood, shares, symptoms
from bot.advice.case import Advised, Problem
from bot.advice.diagnosis import Diagnosis
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Symptom

MIN_WORDS = 5
"""A shorter message without a telling cue starts no new problem: "de kosten staan er al bij" is a fact."""

SURELY_THE_SECOND = 0.7
"""Probability of the later of two phases from which its problem comes first."""

CLEAR_JOINT, MUCH_LIKELIER, POSSIBLE_JOINT = 0.4, 2.0, 0.08
"""Probability of phase and symptom together from which a symptom is the problem though its phase is doubtful, how many
times likelier than the second it must be, and the probability from which a symptom is offered in a question."""

SURELY_TYPICAL, SURE_INTRODUCTION = 0.7, 0.85
"""Probability, weighed by the trade, from which a typical problem is what an introduction tells besides, and the
probability of its intent from which an introduction tells nothing else."""

OF_TRADE = 0.1
"""Probability from which the likeliest of the problems that were offered to a trade is what is told next."""

MIN_MASS, ENOUGH_MASS = 0.3, 0.4
"""Probability of all phases together from which the likely symptoms are offered though another intent won, and from
which a clear one is taken for the problem."""

MIN_ALTERNATIVE, MAX_ALTERNATIVES = 0.03, 2
"""Probability from which another symptom is offered if the owner rejects the diagnosis, and how many at most."""


def present(
    symptom: Symptom,
    said: Utterance,
    situation: Situation,
    *,
    quotes: Sequence[str] = (),
    other: Symptom | None = None,
) -> Advised:
    """The diagnosis, with the sums of the figures in the message, and what it may be instead."""
    known = situation.knowledge.symptoms
    sums, situation = shares.of_counts(said.counts, situation)
    if other:
        sums.insert(0, situation.say("two_problems", other=situation.text(other.name)))
    likely = sorted(said.symptoms.get(symptom.phase, {}).items(), key=lambda item: -item[1])
    others = [*([other] if other else []), *(known[id_] for id_, p in likely if p >= MIN_ALTERNATIVE and id_ in known)]
    return symptoms.present(
        symptom,
        situation,
        quotes=quotes,
        sums=sums,
        cause=causes.named(said.text, situation, symptom),
        others=[o for n, o in enumerate(others) if o is not symptom and o not in others[:n]][:MAX_ALTERNATIVES],
    )


def first_of_two(found: Diagnosis, said: Utterance, situation: Situation) -> Advised | None:
    """The first of two problems in the order of the journey, if both have a likely symptom; the other is named."""
    clear = []
    for phase in found.phases:
        options = symptoms.likeliest(said.symptoms.get(phase, {}), situation)
        if not options:
            return None
        clear.append(options[0])
    first, second = clear  # in the order of the journey
    if said.phases[second.phase] >= SURELY_THE_SECOND:
        first, second = second, first
    situation = situation.with_case(situation.case.with_problem(Problem(second.phase, second.id)))
    return present(first, said, situation, quotes=found.quotes.get(first.phase, ()), other=second)


def by_symptom(said: Utterance, situation: Situation) -> Advised | None:
    """The diagnosis by symptom where the phase is doubtful: the clear one, or a question between the likely ones.

    A phase is doubtful for "de leden zeggen na de zomer op" where that their contract ends is not.

    Returns:
        None if no symptom is likely.
    """
    ranked = likelihood.joint(said, situation)
    if not ranked or len(said.text.split()) < MIN_WORDS:
        return None
    symptom, surest = ranked[0]
    typical = situation.trade.symptoms if situation.trade else ()
    hidden = said.trade and said.confidence < SURE_INTRODUCTION  # a problem behind an introduction
    if hidden and symptom.id in typical and surest >= SURELY_TYPICAL:
        return present(symptom, said, situation)
    if sum(said.phases.values()) < MIN_MASS:
        return None
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if sum(said.phases.values()) >= ENOUGH_MASS and surest >= CLEAR_JOINT and surest >= MUCH_LIKELIER * second:
        return present(symptom, said, situation)
    options = [s for s, p in ranked if p >= POSSIBLE_JOINT][: symptoms.MAX_CHOICES]
    return symptoms.choose(options, symptom.phase, situation) if len(options) > 1 else None


def of_trade(said: Utterance, situation: Situation) -> Advised | None:
    """The likeliest of the problems that were offered to the owner's trade, for what is told after an introduction."""
    offered = {ref.id for ref in situation.case.offered if ref.kind == "symptom"}
    likely = next((pair for pair in likelihood.joint(said, situation) if pair[0].id in offered), None)
    return present(likely[0], said, situation) if likely and likely[1] >= OF_TRADE else None
