"""Answers to moves: what an owner says about the last answer, or about the present problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from bot.advice import (
    causes,
    drafts,
    explanations,
    facts,
    means,
    phase_moves,
    plan,
    questions,
    replies,
    shares,
    signals,
    smalltalk,
    steps,
    suggestions,
    symptoms,
    verdicts,
)
from bot.advice.answer import Section
from bot.advice.case import Advised, Problem, Ref
from bot.advice.remark import remark
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Symptom

TO_A_PERSON = {"complain_about_answer", "insult", "thank_ironic"}
"""Moves after which a person is offered first."""

PICKING = {"tell_more", "next_step", "other_option"}
"""Moves that with an ordinal pick from the last list: "dat tweede, leg eens uit"."""

SURE = 0.7
"""Probability below which a complaint of some words may be a fact: "dat droogt nu op"."""

SHORT = 7
"""Words up to which "dat hebben we al gedaan" is about the step that was advised last, and no other."""

FEW_WORDS = 3
"""Words up to which "iets anders" is about the text that was shown, and not about what to do."""

Move = Callable[[Utterance, Situation, Symptom], Advised]


def without_moves(ranking: Mapping[str, float]) -> dict[str, float]:
    """The probabilities of the other intents, for a message without an answer before it that it could lean on.

    >>> {intent: round(p, 2) for intent, p in without_moves({"ask_how": 0.6, "struggle_do": 0.3, "greet": 0.1}).items()}
    {'struggle_do': 0.75, 'greet': 0.25}
    """
    others = {intent: probability for intent, probability in ranking.items() if intent not in MOVES}
    total = sum(others.values())
    return {intent: probability / total for intent, probability in others.items()} if total else {}


def answer(said: Utterance, situation: Situation) -> Advised:
    """The answer to a move, in the present problem; without a problem, by the phase if that is known."""
    symptom = situation.symptom
    if (
        symptom
        and said.intent in TO_A_PERSON
        and said.text
        and said.confidence < SURE
        and len(said.text.split()) > FEW_WORDS
    ):
        return inform(said, situation, symptom)
    if said.intent in TO_A_PERSON:
        return _to_a_person(said, situation)
    if said.intent == "go_back" and len(situation.case.problems) > 1:
        return _go_back(said, situation)
    if symptom is None and said.intent == "ask_plan" and situation.case.problem:
        situation = plan.with_likeliest(situation)
        symptom = situation.symptom
    hypotheses = [ref.id for ref in situation.case.offered if ref.kind == "symptom"]
    if symptom is None and situation.case.problem and hypotheses and said.intent != "pick":
        return symptoms.present(situation.knowledge.symptoms[hypotheses[0]], situation)
    if symptom is None and (hypothesis := steps.picked(said.text, hypotheses, situation)):
        return symptoms.present(situation.knowledge.symptoms[hypothesis], situation)
    if symptom is None:
        return phase_moves.answer(said, situation)
    if picked := steps.picked(said.text, situation.case.offered, situation):
        situation = situation.with_case(replace(situation.case, focus=picked))
        if said.intent in PICKING:
            return _pick(said, situation, symptom)
    elif told := questions.answer(said, situation, symptom):
        return told
    return MOVES_IN_A_PROBLEM[said.intent](said, situation, symptom)


def affirm(situation: Situation, symptom: Symptom) -> Advised:
    """After a yes: what belongs to the thing that was spoken of last."""
    focus = situation.case.focus
    if focus and focus.kind == "cause":
        return explanations.steps_for_cause(focus, situation, symptom)
    if step := situation.step:
        return explanations.how_of(step, situation)
    return symptoms.continue_(situation)


def deny(situation: Situation, symptom: Symptom) -> Advised | None:
    """After a no: another cause or step; None right after the diagnosis, which the no rejects."""
    focus = situation.case.focus
    if focus and focus.kind == "cause":
        situation = situation.with_case(situation.case.with_cause(None))
        return causes.another(symptom, situation) or symptoms.continue_(situation)
    if focus and focus.kind == "step":
        return symptoms.continue_(situation, Section(text=situation.say("something_else")))
    return None


def answer_to_question(said: Utterance, situation: Situation, symptom: Symptom) -> Advised | None:
    """The cause that a typed answer to the open question means; None if no question is open, or it is no answer."""
    if situation.case.open != Ref("question", symptom.id) or not said.text:
        return None
    cause = causes.answered(said.text, situation, symptom)
    if cause == causes.UNKNOWN:
        return causes.overview(symptom, situation)
    return causes.explain(symptom, cause, situation, "cause_chosen") if cause else None


def recognised(said: Utterance, situation: Situation, symptom: Symptom) -> Advised | None:
    """For a message of a doubtful intent: what it picks from a list, or the question, cause or step that it names."""
    if picked := steps.picked(said.text, situation.case.offered, situation):
        return _pick(said, situation.with_case(replace(situation.case, focus=picked)), symptom)
    if told := questions.answer(said, situation, symptom):
        return told
    if cause := causes.named(said.text, situation, symptom):
        return _cause(symptom, cause, situation)
    if step := steps.mentioned(said.text, situation, symptom):
        return steps.how(step, situation)
    return None


def inform(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """A fact for the present problem: the cause that it points to, else the open question, else the next step."""
    if told := answer_to_question(said, situation, symptom) or questions.answer(said, situation, symptom):
        return told
    if means.gives_means(said, situation):
        return means.first_steps(said, situation, symptom)
    if has_already(said.text, situation):
        return _already_tried(said, situation, symptom)
    if signals.has(said.text, "not_possible", situation):
        return _skip(said, situation, symptom)
    lacks = said.euros is None and means.with_means(said, situation) != situation.case  # "geen tijd", not a price
    if lacks:
        situation = situation.with_case(means.with_means(said, situation))
        return symptoms.continue_(situation, Section(text=situation.say("something_else")))
    if cause := causes.like_button(said.text, situation, symptom):
        return _cause(symptom, cause, situation)
    if questions.is_yes_no(said.text, situation) and not _proposes(said.text, situation):
        return questions.should(said, situation, symptom)
    if cause := causes.named(said.text, situation, symptom):
        return _cause(symptom, cause, situation)
    if causes.is_unknown(said.text, situation):
        return causes.overview(symptom, situation)
    noted = facts.noted(said, situation)
    remembered = shares.compared_with(shares.told(said, situation), situation)
    situation = situation.with_case(situation.case.remembering(*remembered))
    if not situation.case.has_said("question", symptom.id):
        return symptoms.ask_cause(symptom, situation, *noted)
    if not noted and situation.case.cause is None and (told := causes.possible(symptom, situation)):
        return told
    if not noted and (told := suggestions.offer(said, situation, "suggest_after_fact", by=suggestions.CLEARLY)):
        return told
    return symptoms.continue_(situation, *(noted or (Section(text=situation.say("noted")),)))


def _more(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    return symptoms.continue_(situation)


def _already_tried(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """Sets the step or channel aside; says what usually goes wrong with it, and the next best step."""
    step = steps.mentioned(said.text, situation, symptom)
    if step is None and (_is_short(said.text, situation) or not said.text):
        step = situation.step
    tried = [Ref("channel", id_) for id_ in said.channels]
    tried += [steps.ref(step)] if step else []
    situation = situation.with_case(situation.case.without(*tried))
    if step is None:
        return symptoms.continue_(situation, Section(text=situation.say("tried_noted")))
    return symptoms.continue_(situation, steps.set_aside(step, situation))


def has_already(text: str, situation: Situation) -> bool:
    """Whether a message says that something is done already: "dat doen we al"."""
    return signals.has(text, "done_already", situation)


def _is_short(text: str, situation: Situation) -> bool:
    """Whether a message says too little to name anything but what was spoken of last."""
    return len(text.split()) <= SHORT and not steps.names_something(text, situation)


def _propose_cause(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """A cause that the owner proposes or chooses."""
    if said.cause and said.cause.endswith(f".{causes.UNKNOWN}"):
        return causes.overview(symptom, situation)
    if chosen := causes.chosen(said.cause, symptom):
        return causes.explain(symptom, chosen, situation, "cause_chosen")
    if cause := causes.named(said.text, situation, symptom):
        return _cause(symptom, cause, situation)
    if elsewhere := causes.named_elsewhere(said.text, situation):
        return causes.explain(*elsewhere, situation, "cause_likely")
    if causes.is_unknown(said.text, situation):
        return causes.overview(symptom, situation)
    if situation.case.has_said("question", symptom.id):
        return symptoms.continue_(situation, Section(text=situation.say("cause_unlisted")))
    return causes.unlisted(symptom, situation)


def _proposes(text: str, situation: Situation) -> bool:
    """Whether a question proposes a cause: "kan het aan de prijs liggen?"."""
    return signals.has(text, "cause", situation)


def _cause(symptom: Symptom, cause_id: str, situation: Situation) -> Advised:
    """A cause that the owner names: explained once; after that its next step."""
    if not situation.case.has_said("cause", f"{symptom.id}.{cause_id}"):
        return causes.explain(symptom, cause_id, situation, "cause_likely")
    situation = situation.with_case(situation.case.with_cause(cause_id))
    confirmed = Ref("confirmed", f"{symptom.id}.{cause_id}")
    if confirmed in situation.case.said:
        return symptoms.continue_(situation, Section(text=situation.say("noted")))
    situation = situation.with_case(situation.case.after_saying(confirmed))
    name = situation.text(symptom.causes[cause_id].name)
    return symptoms.continue_(situation, Section(text=situation.say("cause_confirmed", cause=name)))


def _ask_plan(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    situation = situation.with_case(means.with_means(said, situation))
    made = plan.make(situation)
    return plan.present(made, situation) if made else symptoms.continue_(situation)


def _constraint(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """What an owner has of time and money, or can't or won't do."""
    if means.is_too_much(said.text, situation) and said.minutes is None:
        return means.with_less(situation, symptom)
    if said.text and means.with_means(said, situation) == situation.case:
        return _skip(said, situation, symptom)
    return means.first_steps(said, situation, symptom)


def _skip(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """What an owner can't or won't do, "ik ben geen type voor filmpjes", is set aside; then the next step."""
    is_ruled_out = signals.has(said.text, "not_possible", situation)
    if not is_ruled_out and (cause := causes.named(said.text, situation, symptom)):
        return _cause(symptom, cause, situation)
    aside = [Ref("channel", id_) for id_ in said.channels]
    if step := steps.mentioned(said.text, situation, symptom):
        aside.append(steps.ref(step))
    if not aside and (step := situation.step):
        aside.append(steps.ref(step))
    return symptoms.continue_(
        situation.with_case(situation.case.without(*aside)), Section(text=situation.say("skipped"))
    )


def no_own_answer(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """For a question that the knowledge base does not answer: what is near to it, else what does help."""
    if questions.is_yes_no(said.text, situation):
        return questions.should(said, situation, symptom)
    if told := suggestions.offer(said, situation):
        return told
    if situation.case.misses:
        return smalltalk.not_understood(situation)
    lead = Section(text=situation.say("no_own_answer", problem=situation.text(symptom.name)))
    told = symptoms.continue_(situation, lead)
    return Advised(told.answer, replace(told.case, misses=1))


def is_about_advisor(text: str, situation: Situation) -> bool:
    """Whether a message asks what the advisor can do: "wat kun je allemaal?"."""
    return signals.has(text, "about_advisor", situation)


def _ask_verdict(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """Whether something is good or much: the known figures, a cause, or what a step takes; else what is needed."""
    if told := verdicts.of_figures(said, situation):
        return told
    focus = situation.case.focus
    if focus and focus.kind == "cause":
        return explanations.why(said, situation, symptom)
    if signals.has(said.text, "effort", situation) and situation.step:
        return steps.cost(situation.step, situation)
    metric = situation.knowledge.metrics[symptom.measurement.metric]
    formula, name = situation.text(metric.formula), situation.text(metric.name).lower()
    return remark(situation, Section(text=situation.say("verdict_needs_metric", metric=name, formula=formula)))


def _other_option(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    focus = situation.case.focus
    draft = situation.draft
    if draft and len(said.text.split()) <= FEW_WORDS:
        return drafts.another(draft, situation)
    situation = situation.with_case(means.with_means(said, situation))
    if focus and focus.kind == "cause":
        situation = situation.with_case(situation.case.with_cause(None))
        return causes.another(symptom, situation) or symptoms.continue_(situation)
    return symptoms.continue_(situation, Section(text=situation.say("something_else")))


def _pick(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """The thing of the last list that an ordinal names: "dat tweede"."""
    offered = situation.case.offered
    is_share = shares.told(said, situation) is not None
    if said.text and (is_share or steps.ordinal(said.text, situation) is None):
        return inform(said, situation, symptom)
    if not offered or situation.case.focus not in offered:
        return remark(situation, Section(text=situation.say("move_pick")))
    chosen = situation.case.focus
    if chosen.kind == "step":
        return steps.how(situation.knowledge.steps[chosen.id], situation)
    if chosen.kind == "cause":
        owner, _, cause_id = chosen.id.partition(".")
        return causes.explain(situation.knowledge.symptoms[owner], cause_id, situation, "cause_chosen")
    return symptoms.present(situation.knowledge.symptoms[chosen.id], situation)


def _go_back(said: Utterance, situation: Situation) -> Advised:
    """An earlier problem: the one that the message names, else the one before the present one."""
    earlier = situation.case.problems[1:]

    def named(problem: Problem) -> float:
        return max((names.get(problem.symptom or "", 0.0) for names in said.symptoms.values()), default=0.0)

    best = max(situation.case.problems, key=named)
    if named(best) >= symptoms.CLEAR_SYMPTOM:
        return symptoms.return_to(best, situation)
    return symptoms.return_to(earlier[0], situation)


def _stay(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """For an owner who wants to go back, but told one problem only."""
    return symptoms.continue_(situation, Section(text=situation.say("still_at", problem=situation.text(symptom.name))))


def _to_a_person(said: Utterance, situation: Situation) -> Advised:
    """Owns the complaint in a sentence, changes tack, and offers a person."""
    sentence = Section(text=situation.say(f"move_{said.intent}"))
    human = replies.human(situation)
    symptom = situation.symptom
    if said.intent == "complain_about_answer" and symptom and (following := steps.upcoming(situation)):
        told = steps.present(following[0], situation, Section(text=situation.say("move_complain_in_problem")))
        return Advised(replace(told.answer, replies=(*told.answer.replies[:3], human)), told.case)
    buttons = (human, *replies.next_moves(situation))
    return remark(situation, sentence, buttons=buttons)


MOVES_IN_A_PROBLEM: Mapping[str, Move] = {
    "tell_more": _more,
    "next_step": _more,
    "already_tried": _already_tried,
    "propose_cause": _propose_cause,
    "ask_why": explanations.why,
    "ask_how": explanations.how,
    "ask_example": explanations.example,
    "ask_text": explanations.write,
    "ask_shorter": explanations.shorter,
    "ask_simpler": explanations.simpler,
    "ask_plan": _ask_plan,
    "state_constraint": _constraint,
    "ask_verdict": _ask_verdict,
    "ask_cost": means.cost,
    "other_option": _other_option,
    "pick": _pick,
    "go_back": _stay,
}

MOVES = TO_A_PERSON | set(MOVES_IN_A_PROBLEM)
