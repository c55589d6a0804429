"""Figures in a text: number, unit, role and period."""

from __future__ import annotations

from typing import Any

import pytest

from bot.knowledge import Knowledge, Language
from bot.nlu.figures import FigureFinder, parse_number


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> FigureFinder:
    return FigureFinder(knowledge)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("18.000 bezoekers per maand", "nl", [(18000, "count", "visitors", "month")]),
        ("18k bezoekers, 140 orders", "nl", [(18000, "count", "visitors", None), (140, "count", "orders", None)]),
        ("driehonderd kliks en nul boekingen", "nl", [(300, "count", "visitors", None), (0, "count", "orders", None)]),
        ("gemiddelde bestelling is 45 euro", "nl", [(45, "euro", "order_value", None)]),
        ("mijn marge is 30%", "nl", [(30, "percent", "margin", None)]),
        ("marge 35", "nl", [(35, "percent", "margin", None)]),
        ("we betalen 40 euro per lead", "nl", [(40, "euro", "cost_per_lead", None)]),
        ("een klik kost me 2,80", "nl", [(2.8, "euro", "cost_per_click", None)]),
        ("budget: 1500", "nl", [(1500, "euro", "budget", None)]),
        ("\u20ac300 per maand aan google ads", "nl", [(300, "euro", "budget", "month")]),
        ("een uurtje in de week", "nl", [(1, "hour", None, "week")]),
        ("anderhalf uur per week", "nl", [(1.5, "hour", None, "week")]),
        ("we hebben een 3,9 op google", "nl", [(3.9, "star", "rating", None)]),
        ("een nieuwe klant kost ons 85 euro", "nl", [(85, "euro", "cost_per_customer", None)]),
        ("around 5,000 visitors a month", "en", [(5000, "count", "visitors", "month")]),
        ("two and a half hours a week", "en", [(2.5, "hour", None, "week")]),
        ("our average order is $45", "en", [(45, "euro", "order_value", None)]),
        ("a budget of 500 a month", "en", [(500, "euro", "budget", "month")]),
        ("we pay 1.20 a click", "en", [(1.2, "euro", "cost_per_click", None)]),
        ("twenty five enquiries last week", "en", [(25, "count", "leads", "week")]),
        ("1.2m views", "en", [(1_200_000, "count", "impressions", None)]),
    ],
)
def test_a_figure_has_unit_role_and_period(
    finder: FigureFinder, text: str, language: Language, expected: list[tuple[Any, ...]]
) -> None:
    assert [(f.value, f.unit, f.role, f.period) for f in finder.find(text, language)] == expected


@pytest.mark.parametrize(
    ("text", "language", "value", "whole", "role"),
    [
        ("3 op de 40 offertes", "nl", 0.075, 40, "quotes"),
        ("een op de vijf komt niet opdagen", "nl", 0.2, 5, "no_show_rate"),
        ("2 van de 3", "nl", 2 / 3, 3, None),
        ("three out of forty quotes", "en", 0.075, 40, "quotes"),
        ("one in five", "en", 0.2, 5, None),
    ],
)
def test_a_ratio_is_one_figure(
    finder: FigureFinder, text: str, language: Language, value: float, whole: float, role: str | None
) -> None:
    (figure,) = finder.find(text, language)
    assert (figure.unit, figure.whole, figure.role) == ("ratio", whole, role)
    assert figure.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "language", "before", "now", "unit"),
    [
        ("van 20 naar 1 aanvraag per week", "nl", 20, 1, "count"),
        ("zakte van 34% naar 19%", "nl", 34, 19, "percent"),
        ("we went from 20 to 1 booking", "en", 20, 1, "count"),
    ],
)
def test_a_change_is_one_figure(
    finder: FigureFinder, text: str, language: Language, before: float, now: float, unit: str
) -> None:
    (figure,) = finder.find(text, language)
    assert (figure.before, figure.value, figure.unit) == (before, now, unit)


@pytest.mark.parametrize(
    "text",
    [
        "bel 06-12345678 of mail jan2@zaak.nl om 10:30",
        "sinds 2019 zitten we in Ede",
        "we zijn met een man of wat",
        "op 12-3-2026 om 16u",
        "een bakker en een slager",
    ],
)
def test_other_numbers_are_no_figures(finder: FigureFinder, text: str) -> None:
    assert finder.find(text, "nl") == []


def test_the_offsets_are_those_of_the_text(finder: FigureFinder) -> None:
    text = "Vorige week: \u201c18.000 bezoekers\u201d\u2026"
    (figure,) = finder.find(text, "nl")
    assert text[figure.start : figure.end] == "18.000"


@pytest.mark.parametrize(
    ("typed", "value"),
    [("5000", 5000), ("5.000", 5000), ("5,000", 5000), ("1 200", 1200), ("1,5k", 1500), ("3k", 3000), ("2,5", 2.5)],
)
def test_numbers_are_read_as_people_type_them(typed: str, value: float) -> None:
    assert parse_number(typed) == value


def test_a_word_is_no_number() -> None:
    assert parse_number("veel") is None


@pytest.mark.parametrize(
    ("text", "language", "role", "value", "whole"),
    [
        ("klopt, van de 20 worden er 2 lid", "nl", "orders", 0.1, 20),
        ("out of 40 enquiries 6 became customers", "en", None, None, None),
        ("4 van de 10 komen terug", "nl", "repeat_purchase_rate", 0.4, 10),
        ("one in five doesn't show up", "en", "no_show_rate", 0.2, 5),
    ],
)
def test_a_ratio_may_begin_with_the_whole_and_say_its_metric(
    finder: FigureFinder, text: str, language: Language, role: str | None, value: float | None, whole: float | None
) -> None:
    ratios = [f for f in finder.find(text, language) if f.unit == "ratio"]
    assert [(f.role, f.value, f.whole) for f in ratios] == ([] if value is None else [(role, value, whole)])


def test_a_number_with_a_period_is_kept_though_nothing_says_what_it_counts(finder: FigureFinder) -> None:
    found = finder.find("het zijn er 12 per maand en ik haal er 3 binnen", "nl")
    assert [(f.role, f.value, f.period) for f in found] == [(None, 12, "month"), ("orders", 3, None)]
