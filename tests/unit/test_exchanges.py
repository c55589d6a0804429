"""Exchanges: what owners say in the middle of a conversation gets its own answer, once, and only where it fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.advice import exchanges
from bot.advice.case import Case, Problem, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, Language, load_knowledge
from bot.knowledge.problems import Exchange
from bot.presentation import markdown, slack
from bot.settings import settings

KNOWLEDGE = load_knowledge(settings().knowledge)
IDEA = "free_shipping_above_amount"
MAX_WORDS = 75


def situation(symptom: str | None = "carts_not_paid", language: Language = "nl", **case: object) -> Situation:
    told = Case(**case)  # type: ignore[arg-type]
    if symptom:
        told = told.with_problem(Problem(KNOWLEDGE.symptoms[symptom].phase, symptom))
    return Situation(KNOWLEDGE, language, business_type="webshop", case=told)


def near(id_: str, similarity: float = 0.7) -> Utterance:
    return Utterance("zal ik gratis verzenden", "ask_verdict", confidence=0.5, exchanges={id_: similarity})


def test_what_an_owner_says_gets_its_answer_and_the_step_that_follows() -> None:
    told = exchanges.answer(near(IDEA), situation())
    assert told is not None
    exchange = KNOWLEDGE.exchanges[IDEA]
    text = markdown.render(told.answer).text
    assert exchange.answer.nl[:40] in text
    assert KNOWLEDGE.steps[exchange.step or ""].name.nl in text
    assert told.case.focus == Ref("step", exchange.step or "")
    assert told.case.has_said("exchange", IDEA)


def test_it_is_said_once() -> None:
    assert exchanges.answer(near(IDEA), situation(said=(Ref("exchange", IDEA),))) is None


def test_a_message_that_is_near_nothing_is_left_to_others() -> None:
    assert exchanges.answer(near(IDEA, 0.4), situation()) is None


@pytest.mark.parametrize(("symptom", "similarity", "is_heard"), [
    ("carts_not_paid", 0.6, True),
    ("carts_not_paid", 0.5, False),  # of four words, which say little
    ("ads_too_expensive", 0.6, False),
    ("ads_too_expensive", 0.72, True),
    ("bad_reviews", 0.72, False),
    ("bad_reviews", 0.85, True),
])  # fmt: skip
def test_the_farther_its_problem_the_nearer_a_message_must_be(symptom: str, similarity: float, is_heard: bool) -> None:
    assert (exchanges.answer(near(IDEA, similarity), situation(symptom)) is not None) == is_heard


def test_what_confirms_a_cause_sets_it() -> None:
    id_, exchange = next((i, e) for i, e in KNOWLEDGE.exchanges.items() if e.cause and not e.trades)
    symptom, _, cause = (exchange.cause or "").partition(".")
    told = exchanges.answer(near(id_), situation(symptom))
    assert told is not None
    assert told.case.cause == cause


def test_an_exchange_of_another_trade_is_not_said() -> None:
    id_, exchange = next((i, e) for i, e in KNOWLEDGE.exchanges.items() if e.trades)
    other = next(trade for trade in KNOWLEDGE.trades if trade not in exchange.trades)
    assert exchanges.answer(near(id_), situation(exchange.symptoms[0])) is None  # the trade is unknown
    assert exchanges.answer(near(id_), situation(exchange.symptoms[0], trade=other)) is None
    assert exchanges.answer(near(id_), situation(exchange.symptoms[0], trade=exchange.trades[0])) is not None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("exchange", KNOWLEDGE.exchanges.values(), ids=lambda e: e.id)
def test_every_answer_is_drawn_and_short(exchange: Exchange, language: Language) -> None:
    of_kind = situation(exchange.symptoms[0], language, trade=next(iter(exchange.trades), None))
    told = exchanges.answer(near(exchange.id, 0.9), of_kind)
    if told is None:  # limited to other kinds of business than a web shop
        assert exchange.fits
        return
    assert len(exchange.answer.localized(language).split()) <= MAX_WORDS
    assert "{" not in markdown.render(told.answer).text
    assert slack.render(told.answer, KNOWLEDGE)


@pytest.mark.parametrize("symptom", KNOWLEDGE.symptoms)
def test_every_problem_has_exchanges(symptom: str) -> None:
    assert sum(symptom in exchange.symptoms for exchange in KNOWLEDGE.exchanges.values()) >= 8


def test_no_sentence_is_that_of_two_exchanges() -> None:
    sentences = [
        (sentence.lower().strip("?!. "), exchange.id)
        for exchange in KNOWLEDGE.exchanges.values()
        for language in LANGUAGES
        for sentence in exchange.says.localized(language)
    ]
    assert len({sentence for sentence, _ in sentences}) == len(set(sentences))


def test_a_question_about_the_last_advice_is_none_about_the_problem() -> None:
    asked = Utterance("hoe vaak moet ik dat eigenlijk doen?", "inform", confidence=0.5, exchanges={IDEA: 0.5})
    assert exchanges.answer(asked, situation()) is None
    assert exchanges.answer(replace(asked, text="ik wil de verzending zelf gaan betalen"), situation()) is not None


def test_another_problem_is_left_to_the_diagnosis() -> None:
    told = Utterance(
        "onze advertenties kosten de laatste tijd veel te veel",
        "struggle_do",
        phases={"do": 0.9},
        symptoms={"do": {"ads_too_expensive": 0.95}},
        exchanges={IDEA: 0.75},
    )
    assert exchanges.answer(told, situation()) is None
    assert exchanges.answer(told, situation(None)) is None


def test_without_a_problem_only_what_is_not_understood_is_taken_for_an_exchange() -> None:
    told = exchanges.answer(replace(near(IDEA, 0.9), intent="nlu_fallback"), situation(None))
    assert told is not None
    assert told.case.symptom == "carts_not_paid"
    assert exchanges.answer(near(IDEA, 0.9), situation(None)) is None
