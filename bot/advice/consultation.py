"""Decides what a problem or fact in a message means for the case: a new problem, or more about the present one."""

from __future__ import annotations

import dataclasses

import msgspec

from bot.advice import (
    causes,
    diagnosis,
    funnel,
    introductions,
    likelihood,
    moves,
    questions,
    quickscan,
    quickscan_outcome,
    quickscan_results,
    shares,
    signals,
    symptom_diagnosis,
    symptoms,
)
from bot.advice.answer import Section
from bot.advice.case import Advised, Problem, Ref
from bot.advice.diagnosis import Diagnosis
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Symptom

TELLING_PHASE = 0.6
"""Probability of its phase from which a telling cue starts another problem: "checkout" alone does not."""

SURELY_ANOTHER = 0.75
"""Probability of another phase from which a telling cue starts a problem of it: "niemand kent ons"."""

SURELY_CHANGED, CERTAIN_PHASE = 0.75, 0.9
"""Probability of phase and symptom together below which a message in a conversation tells no other problem, unless it
says so or is certainly about another phase. In 24 conversations that readers played, 8 of 9 changes of problem above it
were right, and 0 of 9 below."""

BESIDES_A_QUESTION = 0.75
"""Probability of phase and of symptom from which a message tells a new problem although it may answer the question."""

LONG_MESSAGE, PROBABLE_PHASE, PROBABLE_JOINT = 8, 0.6, 0.55
"""Words, probability of its phase, and of phase and symptom together, from which a message tells another problem."""

ONE_OF_TWO = 0.5
"""Probability of a phase from which it is the one that is meant, in a conversation about another problem."""

TOLD_BESIDES = 8
"""Words from which a message that names a trade tells a problem too."""

LEANING = {"what_if", "duration", "frequency", "sign", "yield", "outsource"}
"""Kinds of questions that are about the last advice, whatever words of problems they have."""


def hear(
    found: Diagnosis,
    said: Utterance,
    situation: Situation,
    *,
    telling: bool = False,
    certain: bool = False,
) -> Advised:
    """The answer to a message that describes a problem.

    Args:
        found: The diagnosis of the phase.
        said: The message.
        situation: The conversation.
        telling: Whether a cue in the message says by itself that a phase hurts.
        certain: Whether the visitor chose the problem with a button.
    """
    known = situation.knowledge.symptoms
    chosen = known.get(said.symptom or "")
    if chosen:
        return symptoms.present(chosen, situation)
    current = situation.symptom
    if current is None and len(said.facts) + len(said.amounts) > 1 and (told := _several_stages(situation)):
        return told
    likeliest = max(said.phases, key=lambda phase: said.phases[phase], default=None)
    if found.kind in ("unclear", "unknown") and likeliest and not certain and likelihood.is_telling(said, likeliest):
        found = dataclasses.replace(found, kind="clear", phases=(likeliest,))
    if current and not certain and said.trade and len(said.text.split()) < TOLD_BESIDES:
        return fact(said, situation)
    is_also = begins_another(said, situation)
    if current and not certain and not is_also and moves.has_already(said.text, situation):
        return moves.answer(dataclasses.replace(said, intent="already_tried"), situation)
    if current and not certain and questions.kind_of(said.text, situation) in LEANING:
        return fact(said, situation)
    if current and not certain and not _starts_new_problem(found, said, situation, telling):
        if signals.has(said.text, "how", situation) and said.text.endswith("?"):
            return moves.answer(dataclasses.replace(said, intent="ask_how"), situation)
        return fact(said, situation)
    if found.kind == "both" and likeliest and (current is None or said.phases[likeliest] >= ONE_OF_TWO):
        if told := symptom_diagnosis.first_of_two(found, said, situation):
            return told
        found = dataclasses.replace(found, kind="clear", phases=(likeliest,)) if current else found
    if found.kind != "clear" and len(said.counts) > 1:
        return figures(said, situation)
    if found.kind in ("unknown", "unclear") and not certain and (told := symptom_diagnosis.by_symptom(said, situation)):
        return told
    if found.kind == "unknown" or (found.kind == "unclear" and situation.about == "phase" and current is None):
        lead = "which_phase_again" if situation.about == "phase" and not situation.phase else "which_phase"
        return Advised(diagnosis.ask_phase(situation, lead=lead), situation.case.after_saying())
    if found.kind != "clear":
        return _several(found, said, situation)
    (phase,) = found.phases
    options = symptoms.likeliest(likelihood.with_prior(said.symptoms.get(phase, {}), situation), situation)
    if len(options) == 1:
        symptom = options[0]
        if symptom is current:
            return symptoms.again(symptom, situation, causes.named(said.text, situation, symptom))
        return symptom_diagnosis.present(symptom, said, situation, quotes=found.quotes.get(phase, ()))
    is_other = current is not None and phase != current.phase and said.phases.get(phase, 0.0) >= SURELY_ANOTHER
    if options and current and not certain and not is_other:
        return fact(said, situation)
    if options and not certain:
        return symptoms.choose(options, phase, situation)
    if not certain and len(said.counts) < 2:
        return symptoms.choose(likelihood.usual(phase, situation), phase, situation, quotes=found.quotes.get(phase, ()))
    sums, situation = shares.of_counts(said.counts, situation)
    case = situation.case.with_problem(Problem(phase)).after_saying()
    return Advised(diagnosis.describe(found, situation, sums), case)


def _starts_new_problem(found: Diagnosis, said: Utterance, situation: Situation, telling: bool) -> bool:
    """Whether a message is about another problem than the present one."""
    if found.kind not in ("clear", "both"):
        return False
    symptom = situation.symptom
    same_phase = found.kind == "clear" and symptom is not None and found.phases[0] == symptom.phase
    if same_phase and symptom and causes.named(said.text, situation, symptom):
        return False
    phase = found.phases[0]
    if begins_another(said, situation):
        return True
    is_other_phase = symptom is not None and phase != symptom.phase and said.phases.get(phase, 0.0) >= CERTAIN_PHASE
    if symptom and not is_other_phase and max(likelihood.absolute(said).values(), default=0.0) < SURELY_CHANGED:
        return False
    options = symptoms.likeliest(likelihood.with_prior(said.symptoms.get(phase, {}), situation), situation)
    if symptom and situation.case.open == Ref("question", symptom.id):
        surest = max(said.symptoms.get(phase, {}).values(), default=0.0)
        is_clear = len(options) == 1 and options[0] is not symptom
        other_phase = telling and phase != symptom.phase and said.phases[phase] >= SURELY_ANOTHER
        return other_phase or (is_clear and (is_other_phase or min(said.phases[phase], surest) >= BESIDES_A_QUESTION))
    if telling and said.phases.get(phase, 0.0) >= TELLING_PHASE:
        return True
    if len(said.text.split()) < symptom_diagnosis.MIN_WORDS:
        return False
    if len(options) == 1:
        is_long = len(said.text.split()) >= LONG_MESSAGE and said.phases.get(phase, 0.0) >= PROBABLE_PHASE
        likeliest, probability = next(iter(likelihood.joint(said, situation)), (symptom, 0.0))
        is_other = options[0] is not symptom and likeliest is options[0] and probability >= PROBABLE_JOINT
        return is_other and (found.sure or is_long)
    return phase != situation.phase and found.sure


def begins_another(said: Utterance, situation: Situation) -> bool:
    """Whether a message says that it is about something else too: "we hebben ook weinig reviews"."""
    return signals.has(said.text, "also", situation)


def _several(found: Diagnosis, said: Utterance, situation: Situation) -> Advised:
    """Two phases, or a question about the phase; the problems that were heard are kept in the case."""
    case = situation.case
    for phase in reversed(found.phases if found.kind == "both" else ()):
        options = symptoms.likeliest(said.symptoms.get(phase, {}), situation)
        case = case.with_problem(Problem(phase, options[0].id if len(options) == 1 else None))
    return Advised(diagnosis.describe(found, situation), case.after_saying())


def fact(said: Utterance, situation: Situation) -> Advised:
    """The answer to a fact: figures are summed up, a trade is remembered, anything else may point to a cause."""
    symptom = situation.symptom
    if len(said.counts) > 1:
        return figures(said, situation)
    if symptom and said.trade and situation.trade and not causes.named(said.text, situation, symptom):
        name = said.trade_word or situation.text(situation.trade.name)
        noted = Section(text=situation.say("trade_noted", trade=name.lower()))
        asked = Ref("question", symptom.id)
        if situation.case.open == asked or asked not in situation.case.said:
            return symptoms.ask_cause(symptom, situation, noted)
        return symptoms.continue_(situation, noted)
    if symptom:
        return moves.inform(said, situation, symptom)
    is_longer = len(said.text.split()) >= TOLD_BESIDES
    if (said.trade or said.business_type) and is_longer and (told := symptom_diagnosis.by_symptom(said, situation)):
        return told
    if told := introductions.answer(said, situation):
        return told
    if told := symptom_diagnosis.by_symptom(said, situation) or symptom_diagnosis.of_trade(said, situation):
        return told
    question = diagnosis.ask_phase(situation, lead="tell_problem")
    return Advised(question, msgspec.structs.replace(situation.case, misses=situation.case.misses + 1))


def figures(said: Utterance, situation: Situation) -> Advised:
    """What an owner's figures say: a verdict first where a benchmark fits, and what follows from it."""
    sums, situation = shares.of_counts(said.counts, situation)
    symptom = situation.symptom
    if symptom:
        return symptoms.continue_(situation, *(Section(text=text) for text in sums))
    if told := _several_stages(situation):
        return told
    if any(shares.is_below(shares.of_rate(rate), situation) for rate in funnel.rates(said.counts)):
        return symptoms.present(situation.knowledge.symptoms[funnel.SYMPTOM], situation, sums=sums)
    question = diagnosis.ask_phase(situation)
    sections = (*(Section(text=text) for text in sums), *question.sections)
    return Advised(msgspec.structs.replace(question, sections=sections), situation.case.after_saying())


def _several_stages(situation: Situation) -> Advised | None:
    """The outcome of the quickscan for figures of several parts of the funnel, told without being asked."""
    scan = quickscan.scan_for(situation)
    found = quickscan_results.results(situation.case, scan, situation)
    return quickscan_outcome.outcome(situation, scan) if len(found) > 1 else None


def symptom_of(situation: Situation) -> Symptom | None:
    """The present symptom, if the conversation is still about its phase."""
    symptom = situation.symptom
    return symptom if symptom and situation.phase in (None, symptom.phase) else None
