"""Suggestions: where nothing is near enough to be the answer, the nearest exchanges are offered as buttons."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.advice import corrections, exchanges, suggestions
from bot.advice.case import Case, Problem, Ref
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, Knowledge, Language

IDEA, OTHER_IDEA, OF_TRADE = (
    "ask_deposit_from_everyone",
    "overbook_to_cover_no_shows",
    "salons_rent_out_the_empty_chair",
)


@pytest.fixture
def no_shows(knowledge: Knowledge) -> Situation:
    return Situation(knowledge, "nl", case=Case().with_problem(Problem("do", "no_shows")))


def said(**exchanges: float) -> Utterance:
    return Utterance("zou een borg van 15 euro iets zijn?", "nlu_fallback", exchanges=exchanges)


def test_the_nearest_are_offered_in_an_owners_words_and_a_person(no_shows: Situation) -> None:
    told = suggestions.offer(said(**{IDEA: 0.42, OTHER_IDEA: 0.35}), no_shows)
    assert told is not None
    first, second, person = told.answer.replies
    assert first.entities == {"exchange": IDEA}
    assert second.entities == {"exchange": OTHER_IDEA}
    assert person.intent == "request_human"
    assert told.case.offered == (Ref("exchange", IDEA), Ref("exchange", OTHER_IDEA))


def test_a_pressed_suggestion_gets_its_answer(no_shows: Situation) -> None:
    told = exchanges.answer(Utterance(intent="inform", exchange=IDEA), no_shows)
    assert told is not None
    assert told.case.has_said("exchange", IDEA)


def test_an_ordinal_picks_a_suggestion(no_shows: Situation) -> None:
    offered = suggestions.offer(said(**{IDEA: 0.42, OTHER_IDEA: 0.35}), no_shows)
    assert offered is not None
    told = exchanges.answer(Utterance("de tweede", "pick"), no_shows.with_case(offered.case))
    assert told is not None
    assert told.case.has_said("exchange", OTHER_IDEA)


@pytest.mark.parametrize(("similarity", "is_offered"), [(0.21, False), (0.23, True)])
def test_what_is_far_is_not_offered(no_shows: Situation, similarity: float, is_offered: bool) -> None:
    assert (suggestions.offer(said(**{IDEA: similarity}), no_shows) is not None) == is_offered


def test_what_was_said_and_what_is_of_another_trade_is_not_offered(no_shows: Situation) -> None:
    known = no_shows.with_case(no_shows.case.remembering(Ref("exchange", IDEA)))
    assert suggestions.offer(said(**{IDEA: 0.45, OF_TRADE: 0.9}), known) is None


def test_it_does_not_go_on_suggesting(no_shows: Situation) -> None:
    missed_twice = no_shows.with_case(replace(no_shows.case, misses=2))
    assert suggestions.offer(said(**{IDEA: 0.45}), missed_twice) is None


def test_a_second_suggestion_has_other_words(no_shows: Situation) -> None:
    first = suggestions.offer(said(**{IDEA: 0.42}), no_shows)
    assert first is not None
    second = suggestions.offer(said(**{OTHER_IDEA: 0.42}), no_shows.with_case(first.case))
    assert second is not None
    assert first.answer.sections != second.answer.sections


def test_a_correction_is_asked_about_and_not_followed_by_another_step(no_shows: Situation) -> None:
    rejected = no_shows.with_case(replace(no_shows.case, focus=Ref("step", "remind_twice")))
    words = Utterance("nee ze krijgen al een herinnering", "deny", exchanges={"reminders_dont_reduce_no_shows": 0.4})
    told = corrections.correct(words, rejected)
    assert told.answer.replies[0].entities.get("exchange") == "reminders_dont_reduce_no_shows"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_caption_is_short_enough_for_a_button(knowledge: Knowledge, language: Language) -> None:
    situation = Situation(knowledge, language)
    too_long = [e.id for e in knowledge.exchanges.values() if len(suggestions.caption(e, situation)) > 75]
    assert not too_long  # Slack's limit
