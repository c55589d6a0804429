"""What the advisor says to moves: reactions to its last answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.advice import moves, smalltalk, steps, symptoms
from bot.advice.answer import Answer
from bot.advice.case import Advised, Case, Problem
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, PHASES, Knowledge, Language, TopicId
from bot.presentation import markdown
from bot.settings import ROOT


@pytest.fixture
def carts(knowledge: Knowledge) -> Situation:
    """A web shop whose carts are not paid, right after the diagnosis."""
    situation = Situation(knowledge, "nl", business_type="webshop")
    told = symptoms.present(knowledge.symptoms["carts_not_paid"], situation)
    return situation.with_case(told.case, "do")


def said(situation: Situation, intent: str, text: str = "", **more: object) -> Advised:
    return moves.answer(Utterance(text, intent, **more), situation)  # type: ignore[arg-type]


def text(told: Advised) -> str:
    return markdown.render(told.answer).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("move", sorted(moves.MOVES))
def test_every_move_has_an_answer_with_a_way_on(knowledge: Knowledge, move: str, language: Language) -> None:
    for phase in (None, *PHASES):
        told = said(Situation(knowledge, language, phase=phase), move)
        assert text(told)
        assert told.answer.replies


def test_the_moves_are_those_of_the_domain_and_its_rule() -> None:
    domain = YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert set(domain["intents"]) >= moves.MOVES
    rules = YAML(typ="safe").load(Path(ROOT / "data/stories/advice.yml").read_text(encoding="utf-8"))["rules"]
    (rule,) = [r for r in rules if r["steps"][-1] == {"action": "action_answer_move"}]
    assert {step["intent"] for step in rule["steps"][0]["or"]} == moves.MOVES


def test_without_a_symptom_more_goes_through_the_topics_of_the_phase(knowledge: Knowledge) -> None:
    before: tuple[TopicId | None, ...] = (None, "channels", "message")
    situation = Situation(knowledge, "nl", phase="do")
    after = [said(replace(situation, topic=topic), "tell_more").answer.topic for topic in before]
    assert after == ["channels", "message", "measurement"]


def test_an_insult_and_a_complaint_offer_a_person(knowledge: Knowledge, carts: Situation) -> None:
    for situation in (Situation(knowledge, "nl", phase="do"), carts):
        for move in ("insult", "complain_about_answer"):
            assert "request_human" in {reply.intent for reply in said(situation, move).answer.replies}


def test_a_cause_that_is_named_is_judged_with_a_check(carts: Situation) -> None:
    told = said(carts, "propose_cause", "verzendkosten zijn 6,95 en zie je pas op het eind, kan dat het zijn?")
    cause = carts.knowledge.symptoms["carts_not_paid"].causes["late_costs"]
    assert told.case.cause == "late_costs"
    assert cause.check.nl in text(told)


def test_a_button_names_its_cause(carts: Situation) -> None:
    told = said(carts, "propose_cause", cause="carts_not_paid.payment_fails")
    assert told.case.cause == "payment_fails"
    assert said(carts, "propose_cause", cause="carts_not_paid.nothing_like_it").case.cause is None


def test_not_knowing_shows_causes_with_their_checks(carts: Situation) -> None:
    told = said(carts, "propose_cause", cause="carts_not_paid.unknown")
    checks = [c.check.nl for c in carts.knowledge.symptoms["carts_not_paid"].causes.values()]
    assert sum(check in text(told) for check in checks) == 2


def test_an_unlisted_cause_gets_an_honest_answer(carts: Situation) -> None:
    assert "zeker weet ik het niet" in text(said(carts, "propose_cause", "ligt het aan de maan?"))


def test_a_yes_to_a_cause_leads_to_its_step(carts: Situation) -> None:
    told = said(carts, "propose_cause", cause="carts_not_paid.late_costs")
    after = moves.affirm(carts.with_case(told.case), carts.knowledge.symptoms["carts_not_paid"])
    focus = after.case.focus
    assert focus
    assert focus.id in carts.knowledge.symptoms["carts_not_paid"].causes["late_costs"].steps


def test_a_no_to_a_cause_leads_to_another(carts: Situation) -> None:
    symptom = carts.knowledge.symptoms["carts_not_paid"]
    told = said(carts, "propose_cause", cause="carts_not_paid.late_costs")
    after = moves.deny(carts.with_case(told.case), symptom)
    assert after
    assert after.case.cause not in (None, "late_costs")


def test_time_and_budget_shape_the_plan(carts: Situation) -> None:
    told = said(carts, "state_constraint", "ik heb geen budget en weinig tijd")
    assert (told.case.euros, told.case.minutes) == (0, 30)
    assert all(carts.knowledge.steps[ref.id].euros == 0 for ref in told.case.offered)


def test_the_second_of_a_plan_is_explained(carts: Situation) -> None:
    plan = said(carts, "ask_plan")
    told = said(carts.with_case(plan.case), "pick", "dat tweede, hoe doe ik dat?")
    assert told.case.focus == plan.case.offered[1]


def test_a_mail_is_written_when_asked(carts: Situation) -> None:
    told = said(carts, "ask_text", "schrijf een mail voor me")
    focus = told.case.focus
    assert focus
    assert carts.knowledge.texts[focus.id].kind == "mail"
    assert "carts_not_paid" in carts.knowledge.texts[focus.id].symptoms


def test_misses_ask_differently_then_defer_to_a_person(carts: Situation) -> None:
    answers: list[Answer] = []
    situation = carts
    for _ in range(3):
        told = smalltalk.not_understood(situation)
        answers.append(told.answer)
        situation = situation.with_case(told.case)
    assert len({markdown.render(answer).text for answer in answers}) == 3
    assert answers[-1].replies[0].intent == "request_human"
    assert said(situation, "next_step").case.misses == 0


def test_last_winter_picks_nothing_where_nothing_was_listed(knowledge: Knowledge) -> None:
    case = Case().with_problem(Problem("do", "empty_days"))
    said = Utterance("tried a quiz last winter, it died out", "already_tried")
    told = moves.answer(said, Situation(knowledge, "en", phase="do", case=case))
    assert told.answer.sections


def test_what_is_ruled_out_is_set_aside_and_names_no_cause(knowledge: Knowledge) -> None:
    situation = Situation(knowledge, "nl", case=Case().with_problem(Problem("see", "unknown_in_town")))
    symptom = knowledge.symptoms["unknown_in_town"]
    first = steps.upcoming(situation)[0]
    shown = situation.with_case(steps.present(first, situation).case, "see")
    told = moves.inform(Utterance("een groot bord kan niet, het is een monument", "inform"), shown, symptom)
    assert told.case.has_tried("step", first.id)
    assert told.case.cause is None
