"""What a message means for the case: a new problem, or more about the present one."""

from __future__ import annotations

import pytest

from bot.advice import consultation, corrections, symptoms
from bot.advice.case import Case, Fact, Problem
from bot.advice.diagnosis import Diagnosis
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import Knowledge, PhaseId
from bot.presentation import markdown


def clear(phase: PhaseId, *, sure: bool = True) -> Diagnosis:
    return Diagnosis("clear", (phase,), {}, sure=sure)


@pytest.fixture
def carts(knowledge: Knowledge) -> Situation:
    """A conversation about carts that are not paid."""
    case = Case().with_problem(Problem("do", "carts_not_paid"))
    return Situation(knowledge, "nl", phase="do", case=case)


def test_a_clear_symptom_is_the_problem(knowledge: Knowledge) -> None:
    said = Utterance("mijn klanten laten hun wagen staan", symptoms={"do": {"carts_not_paid": 0.8, "no_shows": 0.1}})
    told = consultation.hear(clear("do"), said, Situation(knowledge))
    assert told.case.problem == Problem("do", "carts_not_paid")
    assert knowledge.symptoms["carts_not_paid"].explanation.nl in markdown.render(told.answer).text


def test_two_possible_symptoms_are_a_question(knowledge: Knowledge) -> None:
    said = Utterance("het loopt niet", symptoms={"do": {"carts_not_paid": 0.4, "no_shows": 0.35, "empty_days": 0.05}})
    told = consultation.hear(clear("do"), said, Situation(knowledge))
    chosen = [reply.entities.get("symptom") for reply in told.answer.replies]
    assert chosen == ["carts_not_paid", "no_shows", None]
    assert told.case.symptom is None


def test_a_message_that_names_a_cause_is_answered_with_it(knowledge: Knowledge) -> None:
    said = Utterance("ze schrikken van de verzendkosten aan het eind", symptoms={"do": {"carts_not_paid": 0.9}})
    assert consultation.hear(clear("do"), said, Situation(knowledge)).case.cause == "late_costs"


@pytest.mark.parametrize("phase", ["see", "care"])
def test_a_few_words_start_no_new_problem(carts: Situation, phase: PhaseId) -> None:
    said = Utterance("de kosten staan er al bij", symptoms={phase: {"few_reviews": 0.9, "few_followers": 0.1}})
    short = consultation.hear(clear(phase, sure=False), said, carts)
    assert short.case.symptom == "carts_not_paid"


def test_a_new_problem_with_telling_words_is_one_and_keeps_the_old(carts: Situation) -> None:
    said = Utterance("en we hebben amper reviews", phases={"care": 0.9}, symptoms={"care": {"few_reviews": 0.9}})
    told = consultation.hear(clear("care"), said, carts, telling=True)
    assert [p.symptom for p in told.case.problems] == ["few_reviews", "carts_not_paid"]


def test_the_same_problem_again_asks_for_the_cause_and_then_goes_on(carts: Situation) -> None:
    said = Utterance("ja ze rekenen gewoon niet af joh", symptoms={"do": {"carts_not_paid": 0.9}})
    first = consultation.hear(clear("do"), said, carts)
    second = consultation.hear(clear("do"), said, carts.with_case(first.case))
    third = consultation.hear(clear("do"), said, carts.with_case(second.case))
    assert first.answer.replies[0].intent == "propose_cause"
    kinds = [told.case.focus.kind for told in (second, third) if told.case.focus]
    assert kinds == ["cause", "step"]  # a possible cause with its check, then a step


def test_a_trade_alone_is_remembered_and_no_phase_is_guessed(knowledge: Knowledge) -> None:
    situation = Situation(knowledge, case=Case(trade="bakery"), business_type="local_shop")
    told = consultation.fact(Utterance("ik heb een bakkerij in zutphen", "inform", trade="bakery"), situation)
    assert told.answer.phase is None
    assert "bakkerij" in markdown.render(told.answer).text
    assert told.answer.replies[0].entities["symptom"] in knowledge.symptoms


def test_figures_in_a_problem_are_summed_up_and_the_advice_goes_on(carts: Situation) -> None:
    counts = (Fact("visitors", 18000, "count"), Fact("orders", 140, "count"))
    told = consultation.fact(Utterance(facts=counts), carts)
    assert "0,78%" in markdown.render(told.answer).text
    assert told.case.symptom == "carts_not_paid"
    assert told.case.focus is not None


def test_a_correction_right_after_a_change_of_problem_goes_back_to_the_first(knowledge: Knowledge) -> None:
    likes = Situation(knowledge, case=Case().with_problem(Problem("do", "likes_no_sales")), phase="do")
    changed = symptoms.present(knowledge.symptoms["no_shows"], likes)
    said = Utterance("nee ze komen wel opdagen hoor, ze boeken alleen niet", "deny")
    told = corrections.correct(said, likes.with_case(changed.case))
    assert told.case.symptom == "likes_no_sales"
    assert "no_shows" not in [problem.symptom for problem in told.case.problems]
