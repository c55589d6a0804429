"""Exchanges: what owners say about a problem after the first advice, and the answer to just that."""

from __future__ import annotations

from bot.advice import consultation, corrections, likelihood, questions, replies, signals, steps, suggestions
from bot.advice.answer import Answer, Section
from bot.advice.case import Advised, Problem, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Exchange

NEAR: dict[suggestions.Kinship, float] = {"problem": 0.46, "phase": 0.58, "other": 0.7}
"""Cosine similarity of a message to an exchange from which that is what the owner says.
docs/decisions/0013-exchanges.md has the measurement."""

LITTLE_SAID, FEW_WORDS = 0.1, 4
"""How much nearer a message must be that says little by itself: one of so few words, one about figures, or a question
about the last advice ("how often should I do that?")."""

OTHERWISE_CLEAR, SURE = 0.08, 0.8
"""How much nearer a message must be whose intent is that sure, unless it is one by which owners tell things."""

TELLING = ("struggle", "inform", "propose_cause", "already_tried", "want_")
"""Beginnings of such intents."""

CAUSE, OTHER_THAN_CAUSE = "propose_cause", 0.3
"""The intent of a message that proposes a cause, and how much nearer it must be to an exchange that confirms none."""

REJECTS = 0.1
"""How much nearer a message must be that rejects what was understood."""

NOT_DONE = 0.1
"""How much nearer a message must be that tells what is done already, if the exchange is not about that."""

NOT_UNDERSTOOD = {"nlu_fallback", "out_of_scope"}

ANOTHER, SURELY_ANOTHER = 0.6, 0.8
"""Probability of phase and symptom together from which a message tells another problem, and rather that than something
about the present one."""


def answer(said: Utterance, situation: Situation) -> Advised | None:
    """The answer to what an owner says about the present problem; None if the knowledge base has no such exchange.

    Without a problem only what is not understood otherwise is taken for one of an exchange; it tells the problem.
    """
    if chosen := _chosen(said, situation):
        return _present(chosen, _with_its_problem(chosen, situation))
    if situation.case.problem is None and said.intent not in NOT_UNDERSTOOD:
        return None
    exchange = likeliest(said, situation)
    if (
        exchange is None
        or situation.case.has_said("exchange", exchange.id)
        or _tells_another(said, exchange, situation)
    ):
        return None
    return _present(exchange, _with_its_problem(exchange, situation))


def _chosen(said: Utterance, situation: Situation) -> Exchange | None:
    """The suggested exchange whose button was pressed, or that an ordinal picks: "de eerste"."""
    suggested = [ref.id for ref in situation.case.offered if ref.kind == "exchange"]
    may_pick = suggested and len(said.text.split()) <= FEW_WORDS
    id_ = said.exchange or (steps.picked(said.text, suggested, situation) if may_pick else None)
    return situation.knowledge.exchanges.get(id_ or "")


def _with_its_problem(exchange: Exchange, situation: Situation) -> Situation:
    """The situation with the problem of an exchange, unless a problem is known already."""
    if situation.symptom:
        return situation
    likely = situation.case.problem.likely if situation.case.problem else ()
    id_ = next((id_ for id_ in exchange.symptoms if id_ in likely), exchange.symptoms[0])
    symptom = situation.knowledge.symptoms[id_]
    return situation.with_case(situation.case.with_problem(Problem(symptom.phase, symptom.id)), symptom.phase)


def _tells_another(said: Utterance, exchange: Exchange, situation: Situation) -> bool:
    """Whether a message rather tells another problem: one besides ("also"), or a likely one of other exchanges."""
    if not said.describes_problem:
        return False
    if situation.symptom is None or consultation.begins_another(said, situation):
        return True
    current = situation.symptom.phase
    if any(probability >= SURELY_ANOTHER for phase, probability in said.phases.items() if phase != current):
        return True
    symptom, probability = next(iter(likelihood.joint(said, situation)), (situation.symptom, 0.0))
    of_present = situation.symptom.id in exchange.symptoms
    return symptom is not situation.symptom and probability >= (SURELY_ANOTHER if of_present else ANOTHER)


def likeliest(said: Utterance, situation: Situation) -> Exchange | None:
    """The exchange that a message is clearly nearest to, weighed by the present problem; None if it is near none."""
    known = situation.knowledge.exchanges
    doubt = _doubt(said, situation)
    proposes = said.intent == CAUSE or signals.has(said.text, "cause", situation)
    did = signals.has(said.text, "done_already", situation)
    margins = {}
    for id_, similarity in said.exchanges.items():
        exchange = known.get(id_)
        if exchange is None or not suggestions.suits(exchange, situation):
            continue
        needed = NEAR[suggestions.kinship(exchange, situation)] + doubt
        needed += OTHER_THAN_CAUSE if proposes and not exchange.cause else 0.0
        needed += NOT_DONE if did and not _is_about_done(exchange, situation) else 0.0
        margins[id_] = similarity - needed
    best = max(margins, key=lambda id_: margins[id_], default=None)
    return known[best] if best and margins[best] >= 0 else None


def _doubt(said: Utterance, situation: Situation) -> float:
    """How much nearer a message must be, whatever the exchange: it says little, is clear otherwise, or rejects."""
    says_little = len(said.text.split()) <= FEW_WORDS or said.amounts or questions.kind_of(said.text, situation)
    is_clear = said.confidence >= SURE and not said.intent.startswith(TELLING)
    rejects = corrections.is_correction(said.text, situation)
    return LITTLE_SAID * bool(says_little) + OTHERWISE_CLEAR * is_clear + REJECTS * rejects


def _is_about_done(exchange: Exchange, situation: Situation) -> bool:
    """Whether an exchange is about something that is done already: its sentences say so."""
    sentences = exchange.says.localized(situation.language)
    return any(signals.has(sentence, "done_already", situation) for sentence in sentences)


def _present(exchange: Exchange, situation: Situation) -> Advised:
    """The answer, and the step that puts it into practice unless that was advised before."""
    symptom, _, cause = (exchange.cause or "").partition(".")
    if symptom and symptom == situation.case.symptom:
        situation = situation.with_case(situation.case.with_cause(cause))
    about = Ref("exchange", exchange.id)
    text = Section(text=situation.text(exchange.answer))
    step = situation.knowledge.steps.get(exchange.step or "")
    if step and not situation.case.has_said("step", step.id) and not situation.case.has_tried("step", step.id):
        return steps.present(step, situation, text, refs=(about,))
    buttons = steps.buttons(step, situation) if step else replies.next_moves(situation)
    reply = Answer(language=situation.language, sections=(text,), replies=buttons, phase=situation.phase, about="step")
    return Advised(reply, situation.case.after_saying(about, focus=steps.ref(step) if step else about))
