"""Decides what a problem or fact in a message means for the case: a new problem, or more about the present one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.advice import (
    causes,
    diagnosis,
    drafts,
    funnel,
    moves,
    questions,
    quickscan,
    replies,
    shares,
    signals,
    symptoms,
)
from bot.advice.answer import Answer, Section
from bot.advice.case import Advised, Problem, Ref
from bot.advice.diagnosis import Diagnosis
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import PHASES, PhaseId
from bot.knowledge.problems import Symptom

MIN_WORDS = 5
"""A shorter message without a telling cue starts no new problem: "de kosten staan er al bij" is a fact."""

MAX_ANSWER = 12
"""Words up to which a message may be an answer to the open question before anything else."""

SURE_SYMPTOM, DOUBTFUL_PHASE = 0.9, 0.3
"""Probability of a symptom, given its phase, and of the phase, from which the phase need not be asked."""

UNCLEAR = "unclear"
"""The sub-intent of messages that tell the phase only."""

TELLING_PHASE = 0.6
"""Probability of its phase from which a telling cue starts another problem: "checkout" alone does not."""

SURELY_ANOTHER = 0.75
"""Probability of another phase from which a telling cue starts a problem of it: "niemand kent ons"."""

BESIDES_A_QUESTION = 0.75
"""Probability of phase and of symptom from which a message tells a new problem although it may answer the question."""

LONG_MESSAGE, PROBABLE_PHASE = 8, 0.6
"""Words, and probability of its phase, from which a message with a clear symptom tells another problem."""

CURRENT_SYMPTOM_PRIOR = 3.0
"""Factor on the probability of the present symptom among those of its phase: what an owner says next is mostly on the
same problem. A prior odds ratio, chosen by hand."""

ONE_OF_TWO = 0.5
"""Probability of a phase from which it is the one that is meant, in a conversation about another problem."""

CLEAR_JOINT, MUCH_LIKELIER, POSSIBLE_JOINT = 0.4, 2.0, 0.08
"""Probability of phase and symptom together from which a symptom is the problem though its phase is doubtful, how many
times likelier than the second it must be, and the probability from which a symptom is offered in a question."""

SURELY_TYPICAL, SURE_INTRODUCTION = 0.7, 0.85
"""Probability, weighed by the trade, from which a typical problem is what an introduction tells besides, and the
probability of its intent from which an introduction tells nothing else."""

TRADE_PRIOR = 2.0
"""Factor on the problems that the owner's trade has most; a prior odds ratio, chosen by hand."""

OF_TRADE = 0.1
"""Probability from which the likeliest of the problems that were offered to a trade is what is told next."""

SURELY_THE_SECOND = 0.7
"""Probability of the later of two phases from which its problem comes first."""

MOST_WORDS_OF_NO = 3
"""Words up to which a no is only that."""

CORRECTED_JOINT = 0.5
"""Probability of phase and symptom together from which a correction tells another problem."""

MIN_MASS, ENOUGH_MASS = 0.3, 0.4
"""Probability of all phases together from which the likely symptoms are offered though another intent won, and from
which a clear one is taken for the problem."""

TOLD_BESIDES = 8
"""Words from which a message that names a trade tells a problem too."""

LEANING = {"what_if", "duration", "frequency", "sign", "yield", "outsource"}
"""Kinds of questions that are about the last advice, whatever words of problems they have."""

MIN_ALTERNATIVE, MAX_ALTERNATIVES = 0.03, 2
"""Probability from which another symptom is offered if the owner rejects the diagnosis, and how many at most."""

MAX_TRADE_PROBLEMS = 4
"""Problems that are offered to an owner who told the trade only."""


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
    if found.kind in ("unclear", "unknown") and likeliest and not certain and _is_telling(said, likeliest):
        found = dataclasses.replace(found, kind="clear", phases=(likeliest,))
    if (
        current
        and len(said.text.split()) <= MAX_ANSWER
        and (told := moves.answer_to_question(said, situation, current))
    ):
        return told
    if current and not certain and drafts.is_requested(said.text, situation):
        return moves.answer(dataclasses.replace(said, intent="ask_text"), situation)
    if current and not certain and is_correction(said.text, situation):
        return correct(said, situation)
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
        if told := _two(found, said, situation):
            return told
        found = dataclasses.replace(found, kind="clear", phases=(likeliest,)) if current else found
    if found.kind != "clear" and len(said.counts) > 1:
        return figures(said, situation)
    if found.kind in ("unknown", "unclear") and not certain and (told := by_symptom(said, situation)):
        return told
    if found.kind == "unknown" or (found.kind == "unclear" and situation.about == "phase" and current is None):
        lead = "which_phase_again" if situation.about == "phase" and not situation.phase else "which_phase"
        return Advised(diagnosis.ask_phase(situation, lead=lead), situation.case.after_saying())
    if found.kind != "clear":
        return _several(found, said, situation)
    (phase,) = found.phases
    options = symptoms.likeliest(_with_prior(said.symptoms.get(phase, {}), situation), situation)
    if len(options) == 1:
        symptom = options[0]
        if symptom is current:
            return symptoms.again(symptom, situation, causes.named(said.text, situation, symptom))
        return _present(symptom, said, situation, quotes=found.quotes.get(phase, ()))
    is_other = current is not None and phase != current.phase and said.phases.get(phase, 0.0) >= SURELY_ANOTHER
    if options and current and not certain and not is_other:
        return fact(said, situation)
    if options and not certain:
        return symptoms.choose(options, phase, situation)
    if not certain and len(said.counts) < 2:
        return symptoms.choose(_usual(phase, situation), phase, situation, quotes=found.quotes.get(phase, ()))
    sums, situation = shares.of_counts(said.counts, situation)
    case = situation.case.with_problem(Problem(phase)).after_saying()
    return Advised(diagnosis.describe(found, situation, sums), case)


def _usual(phase: PhaseId, situation: Situation) -> list[Symptom]:
    """The symptoms of a phase that the owner's trade or kind of business has most, else the first of the file."""
    of_phase = [symptom for symptom in situation.knowledge.symptoms.values() if symptom.phase == phase]
    of_trade = situation.trade.symptoms if situation.trade else ()
    kind = situation.business_type

    def rank(symptom: Symptom) -> tuple[bool, bool]:
        return (symptom.id not in of_trade, kind not in symptom.typical_of)

    return sorted(of_phase, key=rank)[: symptoms.MAX_CHOICES]


def _present(
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


def _two(found: Diagnosis, said: Utterance, situation: Situation) -> Advised | None:
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
    return _present(first, said, situation, quotes=found.quotes.get(first.phase, ()), other=second)


def by_symptom(said: Utterance, situation: Situation) -> Advised | None:
    """The diagnosis by symptom where the phase is doubtful: the clear one, or a question between the likely ones.

    A phase is doubtful for "de leden zeggen na de zomer op" where that their contract ends is not.

    Returns:
        None if no symptom is likely.
    """
    ranked = joint(said, situation)
    if not ranked or len(said.text.split()) < MIN_WORDS:
        return None
    symptom, surest = ranked[0]
    typical = situation.trade.symptoms if situation.trade else ()
    hidden = said.trade and said.confidence < SURE_INTRODUCTION  # a problem behind an introduction
    if hidden and symptom.id in typical and surest >= SURELY_TYPICAL:
        return _present(symptom, said, situation)
    if sum(said.phases.values()) < MIN_MASS:
        return None
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if sum(said.phases.values()) >= ENOUGH_MASS and surest >= CLEAR_JOINT and surest >= MUCH_LIKELIER * second:
        return _present(symptom, said, situation)
    options = [s for s, p in ranked if p >= POSSIBLE_JOINT][: symptoms.MAX_CHOICES]
    return symptoms.choose(options, symptom.phase, situation) if len(options) > 1 else None


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


def _is_telling(said: Utterance, phase: PhaseId) -> bool:
    """Whether a message of a doubtful phase names one symptom of it so clearly that this is the problem."""
    surest = max(said.symptoms.get(phase, {}).items(), key=lambda item: item[1], default=("", 0.0))
    return said.phases[phase] >= DOUBTFUL_PHASE and surest[1] >= SURE_SYMPTOM and surest[0] != UNCLEAR


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
    options = symptoms.likeliest(_with_prior(said.symptoms.get(phase, {}), situation), situation)
    if symptom and situation.case.open == Ref("question", symptom.id):
        surest = max(said.symptoms.get(phase, {}).values(), default=0.0)
        is_clear = len(options) == 1 and options[0] is not symptom
        other_phase = telling and phase != symptom.phase and said.phases[phase] >= SURELY_ANOTHER
        return other_phase or (is_clear and min(said.phases[phase], surest) >= BESIDES_A_QUESTION)
    if telling and said.phases.get(phase, 0.0) >= TELLING_PHASE:
        return True
    if len(said.text.split()) < MIN_WORDS:
        return False
    if len(options) == 1:
        long = len(said.text.split()) >= LONG_MESSAGE and said.phases.get(phase, 0.0) >= PROBABLE_PHASE
        return options[0] is not situation.symptom and (found.sure or long)
    return phase != situation.phase and found.sure


def is_correction(text: str, situation: Situation) -> bool:
    """Whether a message rejects what was said, with words of its own: "nee, geen personeel, we zoeken klanten"."""
    is_open = situation.case.open is not None and situation.case.open.kind == "question"
    says_no = not is_open and signals.has(text, "no", situation)  # else the no may answer the question
    rejects = says_no or signals.has(text, "correction", situation)
    return rejects and len(text.split()) > MOST_WORDS_OF_NO


def correct(said: Utterance, situation: Situation) -> Advised:
    """Accepts a correction: the problem that the message tells instead, else another cause, else what it may be.

    The rejected problem or cause is not said again.
    """
    case, current = situation.case, situation.symptom
    lead = Section(text=situation.say("corrected_lead"))
    others = [(symptom, p) for symptom, p in joint(said, situation) if symptom is not current]
    if others and others[0][1] >= CORRECTED_JOINT and sum(said.phases.values()) >= MIN_MASS:
        without = situation.with_case(case.without_problem())
        told = _present(others[0][0], said, without)
        return _with_lead(lead, told)
    if current and (cause := causes.named(said.text, situation, current)):
        if not case.has_said("cause", f"{current.id}.{cause}"):
            return _with_lead(lead, causes.explain(current, cause, situation, "cause_likely"))
        return symptoms.continue_(situation.with_case(case.with_cause(cause)), lead)
    if current and case.cause:
        ruled_out = Ref("cause", f"{current.id}.{case.cause}")
        situation = situation.with_case(case.with_cause(None).after_saying(ruled_out))
    if current and not situation.case.has_said("question", current.id):
        return symptoms.ask_cause(current, situation, lead)
    if current and case.focus and case.focus.kind in ("cause", "question"):
        another = causes.another(current, situation)
        if another:
            return _with_lead(lead, another)
    if current and case.focus and case.focus.kind == "step":
        aside = situation.with_case(situation.case.without(case.focus))
        return symptoms.continue_(aside, lead)
    return symptoms.reject(situation, fallback=diagnosis.ask_other_phase(situation))


def _with_lead(lead: Section, told: Advised) -> Advised:
    return Advised(msgspec.structs.replace(told.answer, sections=(lead, *told.answer.sections)), told.case)


def begins_another(said: Utterance, situation: Situation) -> bool:
    """Whether a message says that it is about something else too: "we hebben ook weinig reviews"."""
    return signals.has(said.text, "also", situation)


def _with_prior(probabilities: Mapping[str, float], situation: Situation) -> dict[str, float]:
    """The probabilities of symptoms, those of the present one weighed by the prior."""
    current = situation.case.symptom
    weighed = {id_: p * (CURRENT_SYMPTOM_PRIOR if id_ == current else 1.0) for id_, p in probabilities.items()}
    total, before = sum(weighed.values()), sum(probabilities.values())
    return {id_: p * before / total for id_, p in weighed.items()} if total else {}


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
    if symptom and drafts.is_requested(said.text, situation):
        return moves.answer(dataclasses.replace(said, intent="ask_text"), situation)
    if symptom and is_correction(said.text, situation):
        return correct(said, situation)
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
    if (said.trade or said.business_type) and is_longer and (told := by_symptom(said, situation)):
        return told
    if situation.trade and said.trade:
        likely = tuple(dict.fromkeys((*_heard(said, situation), *situation.trade.symptoms)))
        return introduction(situation, said.trade_word or situation.text(situation.trade.name), likely)
    if said.business_type:
        business = situation.knowledge.business_types[said.business_type]
        typical = [s.id for s in situation.knowledge.symptoms.values() if business.id in s.typical_of]
        return introduction(situation, situation.text(business.name), _one_a_phase(typical, situation))
    if told := by_symptom(said, situation) or _of_trade(said, situation):
        return told
    question = diagnosis.ask_phase(situation, lead="tell_problem")
    return Advised(question, msgspec.structs.replace(situation.case, misses=situation.case.misses + 1))


def _of_trade(said: Utterance, situation: Situation) -> Advised | None:
    """The likeliest of the problems that were offered to the owner's trade, for what is told after an introduction."""
    offered = {ref.id for ref in situation.case.offered if ref.kind == "symptom"}
    likely = next((pair for pair in joint(said, situation) if pair[0].id in offered), None)
    return _present(likely[0], said, situation) if likely and likely[1] >= OF_TRADE else None


def _heard(said: Utterance, situation: Situation) -> list[str]:
    """The symptom that a message with a trade may be about: "in mei staat onze camping halfleeg"."""
    if len(said.text.split()) <= MIN_WORDS or not said.phases:
        return []
    phase = max(said.phases, key=lambda phase: said.phases[phase])
    options = symptoms.likeliest(said.symptoms.get(phase, {}), situation)
    return [options[0].id] if len(options) == 1 else []


def _one_a_phase(ids: Iterable[str], situation: Situation) -> list[str]:
    phases = {situation.knowledge.symptoms[id_].phase: id_ for id_ in reversed(list(ids))}
    return [phases[phase] for phase in PHASES if phase in phases]


def introduction(situation: Situation, name: str, typical: Sequence[str]) -> Advised:
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
    found = quickscan.results(situation.case, scan, situation)
    return quickscan.outcome(situation, scan) if len(found) > 1 else None


def symptom_of(situation: Situation) -> Symptom | None:
    """The present symptom, if the conversation is still about its phase."""
    symptom = situation.symptom
    return symptom if symptom and situation.phase in (None, symptom.phase) else None
