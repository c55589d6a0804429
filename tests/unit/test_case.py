"""The case: what it remembers, and that the advice built on it keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.advice import moves, steps, symptoms
from bot.advice.case import Advised, Case, Fact, Problem, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, Knowledge, load_knowledge
from bot.presentation import markdown
from bot.settings import Settings

KNOWLEDGE = load_knowledge(Settings().knowledge)
"""Hypothesis draws from it before fixtures exist."""

SYMPTOMS = sorted(KNOWLEDGE.symptoms)
FREE = ("tell_more", "next_step", "other_option", "already_tried", "ask_how", "ask_why", "ask_example", "ask_cost")
"""Moves without words of their own."""

MAX_WORDS = 90
"""Of an answer on a phone; texts to copy and plans are asked for."""


def begun(symptom: str, language: Any = "nl", case: Case | None = None, business: str | None = None) -> Situation:
    """A conversation after the diagnosis of a symptom."""
    situation = Situation(KNOWLEDGE, language, business_type=business, case=case or Case())
    told = symptoms.present(KNOWLEDGE.symptoms[symptom], situation)
    return situation.with_case(told.case, told.answer.phase)


def play(situation: Situation, intents: tuple[str, ...]) -> Iterator[tuple[str, Advised]]:
    """The answers to moves, one after the other."""
    for intent in intents:
        told = moves.answer(Utterance(intent=intent), situation)
        situation = situation.with_case(told.case, told.answer.phase)
        yield intent, told


def test_a_new_problem_keeps_the_old_ones_behind_it() -> None:
    case = Case().with_problem(Problem("do", "carts_not_paid")).with_problem(Problem("care", "few_reviews"))
    assert [p.symptom for p in case.problems] == ["few_reviews", "carts_not_paid"]
    back = case.with_problem(case.problems[1])
    assert [p.symptom for p in back.problems] == ["carts_not_paid", "few_reviews"]


def test_a_figure_takes_the_place_of_an_earlier_one_of_its_role() -> None:
    case = Case().with_facts([Fact("orders", 10, "count"), Fact("visitors", 500, "count", "month")])
    assert case.with_facts([Fact("orders", 12, "count")]).figure("orders") == Fact("orders", 12, "count")


@given(
    st.lists(st.sampled_from(SYMPTOMS), max_size=4),
    st.lists(st.sampled_from(FREE), max_size=6),
    st.integers(0, 600) | st.none(),
)
@settings(max_examples=60, deadline=None)
def test_a_case_survives_its_slot(told: list[str], intents: list[str], minutes: int | None) -> None:
    case = Case(minutes=minutes)
    for symptom in told:
        case = case.with_problem(Problem(KNOWLEDGE.symptoms[symptom].phase, symptom))
    if told:
        for _, advised in play(begun(told[-1], case=case), tuple(intents)):
            case = advised.case
    assert Case.from_json(case.as_json()) == case


@pytest.mark.parametrize("data", [None, {}, {"problems": 3}, {"tried": [{"kind": "planet", "id": "x"}]}, {"new": 1}])
def test_a_slot_of_another_version_begins_a_new_case(data: Any) -> None:
    assert Case.from_json(data) == Case()


@given(
    st.sampled_from(SYMPTOMS), st.lists(st.sampled_from(("next_step", "other_option", "already_tried")), max_size=12)
)
@settings(max_examples=80, deadline=None)
def test_no_step_is_advised_twice(symptom: str, intents: list[str]) -> None:
    situation = begun(symptom)
    advised = [ref for ref in situation.case.said if ref.kind == "step"]
    for _, told in play(situation, tuple(intents)):
        new = [ref for ref in told.case.said if ref.kind == "step" and ref not in advised]
        lines = markdown.render(told.answer).text
        for ref in advised:
            assert f"**{KNOWLEDGE.steps[ref.id].name.nl}** (" not in lines
        advised += new


@given(st.sampled_from(SYMPTOMS), st.integers(0, 300), st.integers(0, 500))
@settings(max_examples=80, deadline=None)
def test_steps_keep_within_time_and_budget(symptom: str, minutes: int, euros: int) -> None:
    situation = begun(symptom)
    situation = situation.with_case(replace(situation.case, minutes=minutes, euros=euros))
    plan = steps.plan(situation, KNOWLEDGE.symptoms[symptom])
    chosen = [KNOWLEDGE.steps[ref.id] for ref in plan.case.offered] if plan else []
    assert sum(step.euros for step in chosen) <= euros
    assert all(step.minutes <= 2 * minutes for step in chosen)
    assert all(step.euros <= euros for step in steps.upcoming(situation))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_every_problem_can_be_talked_through_without_repeating_a_paragraph(symptom: str, language: str) -> None:
    situation = begun(symptom, language)
    seen: dict[str, str] = {}
    for intent, told in play(situation, FREE * 2):
        for section in told.answer.sections:
            for paragraph in (section.text or "", *section.items):
                if len(paragraph.split()) > 12 and intent != "ask_cost":
                    assert paragraph not in seen, f"{intent} repeats {seen[paragraph]}: {paragraph}"
                    seen[paragraph] = intent


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_answers_about_a_problem_fit_a_phone(symptom: str, language: str) -> None:
    entry = KNOWLEDGE.symptoms[symptom]
    for business in (None, *entry.typical_of):
        situation = Situation(KNOWLEDGE, language, business_type=business)  # type: ignore[arg-type]
        told = [
            symptoms.present(entry, situation, quotes=("drie woorden erbij",), cause=cause)
            for cause in (None, *entry.causes)
        ]
        for _, advised in play(begun(symptom, language, business=business), FREE):
            told.append(advised)
        for advised in told:
            text = markdown.render(advised.answer).text
            assert len(text.split()) <= MAX_WORDS, text
            assert "{" not in text


def test_shorter_is_shorter_than_half() -> None:
    for symptom in SYMPTOMS:
        situation = begun(symptom)
        long = moves.answer(Utterance(intent="next_step"), situation)
        short = moves.answer(Utterance(intent="ask_shorter"), situation.with_case(long.case))
        assert len(_words(short)) < len(_words(long)) / 2 + 8  # the name of a step cannot be halved


def _words(told: Advised) -> list[str]:
    return markdown.render(told.answer).text.split()


def test_what_was_tried_is_set_aside_with_its_channel(knowledge: Knowledge) -> None:
    for symptom in knowledge.symptoms.values():
        for step in steps.candidates(Situation(knowledge), symptom):
            if step.channel:
                case = Case().with_problem(Problem(symptom.phase, symptom.id)).without(Ref("channel", step.channel))
                situation = Situation(knowledge, case=case)
                assert step not in list(steps.candidates(situation, symptom))


def test_going_back_finds_the_earlier_problem_by_its_name() -> None:
    situation = begun("carts_not_paid")
    situation = begun("few_reviews", case=situation.case)
    situation = begun("low_in_google", case=situation.case)
    said = Utterance("terug naar die winkelwagen", "go_back", symptoms={"do": {"carts_not_paid": 0.9}})
    assert moves.answer(said, situation).case.symptom == "carts_not_paid"
    assert moves.answer(changed(said, symptoms={}), situation).case.symptom == "few_reviews"


@pytest.mark.parametrize(
    ("text", "position"),
    [("dat tweede", 1), ("nummer 3 graag", 2), ("de eerste", 0), ("de laatste", -1), ("doe die maar", None)],
)
def test_ordinals(knowledge: Knowledge, text: str, position: int | None) -> None:
    assert steps.ordinal(text, Situation(knowledge)) == position


@pytest.mark.parametrize(
    ("amount", "minutes", "euros"),
    [
        (Fact("time", 2, "hour", "week"), 120, None),
        (Fact("time", 6.5, "hour", "month"), 90, None),
        (Fact("budget", 1500, "euro"), None, 1500),
        (Fact("budget", 10, "euro", "day"), None, 303),
        (Fact("", 50, "euro", "week"), None, 217),
    ],
)
def test_time_is_per_week_and_money_per_month(amount: Fact, minutes: int | None, euros: int | None) -> None:
    said = Utterance(amounts=(amount,))
    assert (said.minutes, said.euros) == (minutes, euros)
