"""A plan: within time and money, on working days, without what was tried; and it changes as the owner says."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.advice import plan, quickscan, symptoms
from bot.advice.case import Case, Fact, Problem, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.forms.working_days import is_working_day
from bot.knowledge import LANGUAGES, Language, load_knowledge
from bot.presentation import markdown
from bot.settings import settings

KNOWLEDGE = load_knowledge(settings().knowledge)
FRIDAY = date(2026, 12, 18)  # Christmas falls into the four weeks


def situation(*ids: str, language: Language = "nl", **case: object) -> Situation:
    told = Case(**case)  # type: ignore[arg-type]
    for id_ in reversed(ids):
        told = told.with_problem(Problem(KNOWLEDGE.symptoms[id_].phase, id_))
    return Situation(KNOWLEDGE, language, business_type="webshop", case=told, today=FRIDAY)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("symptom", KNOWLEDGE.symptoms)
def test_every_problem_has_a_plan_of_at_most_five_steps_on_working_days(symptom: str, language: Language) -> None:
    made = plan.make(situation(symptom, language=language))
    assert made is not None
    assert 1 <= len(made.steps) <= 5
    days = [step.day for step in made.steps]
    assert all(is_working_day(day) for day in days)
    assert days == sorted(days)
    assert days[0] > FRIDAY
    assert (days[-1] - FRIDAY).days <= 35
    assert {step.week for step in made.steps} <= {1, 2, 3, 4}


def test_three_problems_share_a_plan_in_turn() -> None:
    made = plan.make(situation("carts_not_paid", "few_reviews", "newsletter_not_read", "few_visitors"))
    assert made is not None
    assert len(made.goals) == 3
    assert len(made.steps) == 5
    first = [next(s.id for s in KNOWLEDGE.symptoms.values() if step.id in s.steps) for step in made.steps[:3]]
    assert len(set(first)) == 3


@given(minutes=st.none() | st.integers(15, 600), euros=st.none() | st.integers(0, 500))
def test_a_plan_keeps_to_time_and_money(minutes: int | None, euros: int | None) -> None:
    made = plan.make(situation("carts_not_paid", "few_visitors", minutes=minutes, euros=euros))
    if made is None:
        return
    assert euros is None or sum(step.euros for step in made.steps) <= euros
    assert minutes is None or len(made.steps) == 1 or sum(step.minutes for step in made.steps) <= 4 * minutes


def test_what_was_tried_is_not_in_it() -> None:
    all_steps = plan.make(situation("carts_not_paid"))
    assert all_steps is not None
    first = all_steps.steps[0].id
    without = plan.make(situation("carts_not_paid", tried=(Ref("step", first),)))
    assert without is not None
    assert first not in {step.id for step in without.steps}


def test_a_goal_has_the_figure_of_today_and_a_target() -> None:
    facts = (Fact("carts", 700, "count"), Fact("orders", 71, "count"))
    made = plan.make(situation("carts_not_paid", facts=facts))
    assert made is not None
    goal = made.goals[0]  # of the carts that are left, not of those that are paid
    assert (goal.metric, goal.today, goal.target) == (KNOWLEDGE.metrics["cart_abandonment"].name.nl, "90%", "70%")


@pytest.mark.parametrize(
    ("wish", "check"),
    [
        ("dat eerste niet", lambda before, after: before[0] not in after),
        ("de tweede niet", lambda before, after: before[1] not in after and before[0] in after),
        ("liever eerst de betalingen", lambda before, after: after[0] == "check_failed_payments"),
    ],
)
def test_the_owner_changes_it_in_words(wish: str, check: object) -> None:
    start = situation("carts_not_paid")
    made = plan.make(start)
    assert made is not None
    told = plan.present(made, start)
    shown = Situation(KNOWLEDGE, "nl", business_type="webshop", case=told.case, today=FRIDAY, about=plan.ABOUT)
    case = plan.changed(Utterance(wish), shown)
    assert case is not None
    again = plan.make(shown.with_case(case))
    assert again is not None
    assert check([s.id for s in made.steps], [s.id for s in again.steps])  # type: ignore[operator]


def test_another_remark_does_not_change_it() -> None:
    start = situation("carts_not_paid")
    made = plan.make(start)
    assert made is not None
    told = plan.present(made, start)
    shown = Situation(KNOWLEDGE, "nl", case=told.case, about=plan.ABOUT)
    assert plan.changed(Utterance("hoe doe ik dat"), shown) is None
    assert plan.changed(Utterance("dat eerste niet"), Situation(KNOWLEDGE, "nl", case=told.case, about="step")) is None


def test_who_comes_back_is_asked_how_each_step_went_once() -> None:
    start = situation("carts_not_paid")
    made = plan.make(start)
    assert made is not None
    told = plan.present(made, start)
    asked = plan.ask_how_it_went(start.with_case(told.case))
    assert made.steps[0].name in markdown.render(asked.answer).text
    assert asked.case.plan == tuple(step.id for step in made.steps[1:])
    assert [reply.intent for reply in asked.answer.replies[:3]] == ["next_step", "ask_how", "already_tried"]


def test_the_case_with_scan_and_plan_survives_its_slot() -> None:
    case = replace(situation("carts_not_paid").case, scan="webshop", asked="orders", plan=("a",), skipped=("carts",))
    assert Case.from_json(case.as_json()) == case
    assert symptoms.reset(case).scan is None
    assert quickscan.scan_for(situation("carts_not_paid")).id == "webshop"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (date(2026, 11, 30), date(2026, 12, 14)),
        (date(2026, 11, 28), date(2026, 12, 14)),  # two weeks after a Saturday
        (date(2026, 12, 11), date(2026, 12, 28)),  # two weeks later is Christmas, a Friday
        (date(2027, 3, 15), date(2027, 3, 30)),  # Easter Monday, and summer time has begun
    ],
)
def test_a_team_is_reminded_after_two_weeks_at_nine_on_a_working_day(now: date, day: date) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    at = plan.remind_at(datetime(now.year, now.month, now.day, 23, 30, tzinfo=zone), "NL")
    assert at == datetime(day.year, day.month, day.day, 9, 0, tzinfo=zone)


def test_a_plan_asked_for_in_a_quickscan_comes_with_its_verdict_and_keeps_to_the_time() -> None:
    figures = (Fact("leads", 14, "count"), Fact("quotes", 12, "count"), Fact("orders", 3, "count"))
    open_scan = Case(facts=figures, scan="service", asked="order_value")
    asking = Utterance("maak een plan, ik heb 2 uur per week", "ask_plan", amounts=(Fact("", 2, "hour", "week"),))
    told = plan.in_scan(asking, Situation(KNOWLEDGE, business_type="trades", case=open_scan, today=FRIDAY))
    assert told is not None
    assert "offertes naar opdrachten" in markdown.render(told.answer).text
    assert "van 25% naar 30%" in markdown.render(told.answer).text
    assert (told.case.symptom, told.case.minutes, told.case.scan) == ("quotes_not_signed", 120, None)
    assert told.case.plan


def test_steps_for_other_kinds_of_business_are_left_out() -> None:
    of_charity = dataclasses.replace(situation("no_applicants"), business_type="nonprofit")
    made = plan.make(of_charity)
    assert made is not None
    assert "job_ad_about_the_day" not in [step.id for step in made.steps]
