"""What leans on the conversation, whatever intent was recognised: tried in order before the answer to the intent."""

from __future__ import annotations

from collections.abc import Callable

from bot.advice import (
    consultation,
    corrections,
    drafts,
    exchanges,
    explanations,
    moves,
    plan,
    questions,
    quickscan,
    what_if,
)
from bot.advice.case import Advised
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance

APART = {
    "request_human",
    "request_appointment",
    "request_competitor_check",
    "cancel",
    "delete_my_data",
    "start_quickscan",
    "start_over",
    "switch_language",
    "greet",
    "goodbye",
}
"""Intents of messages that are not about the present problem."""

ASKING = ("ask_", "faq_", "explain_", "want_")
"""Beginnings of intents of questions, which answer no question and reject nothing."""

PLANNING, WANTING = "ask_plan", "want_"
"""Questions that a rejection is taken for: "nee, geen plan voor de winkel", "nee, ik wil gewoon binnenwerk"."""

MAX_ANSWER = 12
"""Words up to which the description of a problem may be an answer to the open question."""


def answer(said: Utterance, situation: Situation) -> Advised | None:
    """The answer to a message that leans on what was said before; None if it is to be answered by its intent."""
    return next((told for lean in IN_ORDER if (told := lean(said, situation))), None)


def _figure(said: Utterance, situation: Situation) -> Advised | None:
    """A figure of the open quickscan, or the plan that ends it."""
    return plan.in_scan(said, situation) or quickscan.heard(said, situation)


def _sum(said: Utterance, situation: Situation) -> Advised | None:
    """A what-if with the owner's figures."""
    return what_if.answer(said, questions.kind_of(said.text, situation), situation) if said.text else None


def _wish_about_plan(said: Utterance, situation: Situation) -> Advised | None:
    """The plan again after a wish about it: "dat eerste niet", "liever eerst de mails"."""
    case = plan.changed(said, situation)
    changed = situation.with_case(case) if case else None
    made = plan.make(changed) if changed else None
    return plan.present(made, changed) if made and changed else None


def _answer_to_question(said: Utterance, situation: Situation) -> Advised | None:
    """A typed answer to the open question for the cause."""
    is_story = said.describes_problem and len(said.text.split()) > MAX_ANSWER
    if situation.symptom is None or not _may_tell(said) or is_story:
        return None
    return moves.answer_to_question(said, situation, situation.symptom)


def _text(said: Utterance, situation: Situation) -> Advised | None:
    """A text that is asked for in so many words."""
    if situation.symptom is None or said.intent in APART or not drafts.is_requested(said.text, situation):
        return None
    return explanations.write(said, situation, situation.symptom)


def _correction(said: Utterance, situation: Situation) -> Advised | None:
    """A rejection of what was understood; not of what is told besides ("also")."""
    tells = _may_tell(said) or said.intent == PLANNING or said.intent.startswith(WANTING)
    if situation.symptom is None or not tells or not corrections.is_correction(said.text, situation):
        return None
    is_besides = said.describes_problem and consultation.begins_another(said, situation)
    return None if is_besides else corrections.correct(said, situation)


def _exchange(said: Utterance, situation: Situation) -> Advised | None:
    """What owners often say about the problem."""
    return None if said.intent in APART or len(said.counts) > 1 else exchanges.answer(said, situation)


def _may_tell(said: Utterance) -> bool:
    """Whether a typed message may tell something about the problem, and is no question or request."""
    return bool(said.text) and said.intent not in APART and not said.intent.startswith(ASKING)


IN_ORDER: tuple[Callable[[Utterance, Situation], Advised | None], ...] = (
    _figure,
    _sum,
    _wish_about_plan,
    _answer_to_question,
    _text,
    _exchange,
    _correction,
)
