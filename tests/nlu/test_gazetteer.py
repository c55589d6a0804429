"""Names, aliases, cues, numbers and addresses are found in what people type."""

from __future__ import annotations

import pytest

from bot.knowledge import Language
from bot.nlu.knowledge_source import configured_gazetteer


def entities(text: str, language: Language) -> set[tuple[str, str]]:
    return {(found.entity, found.value) for found in configured_gazetteer().entities(text, language)}


def cues(text: str, language: Language) -> dict[str, str]:
    gazetteer = configured_gazetteer()
    return {cue: span.text for cue, span in gazetteer.cues(gazetteer.doc(text, language), language)}


@pytest.mark.parametrize(
    ("text", "language", "entity"),
    [
        ("is TikTok iets voor ons?", "nl", ("channel", "tiktok")),
        ("heeft adwords nog zin", "nl", ("channel", "search_ads")),
        ("wat is customer lifetime value?", "nl", ("metric", "clv")),
        ("wat kan ik doen in de evaluatiefase", "nl", ("journey_stage", "evaluation")),
        ("en voor care?", "nl", ("phase", "care")),
        ("welke kanalen horen bij do", "nl", ("phase", "do")),
        ("and for think?", "en", ("phase", "think")),
        ("tell me about the See phase", "en", ("phase", "see")),
        ("which channels are best for care?", "en", ("phase", "care")),
        ("ik heb een bakkerij in Gent", "nl", ("business_type", "local_shop")),
        ("en SEA?", "nl", ("faq", "sea")),
        ("en de boodschap?", "nl", ("topic", "message")),
    ],
)
def test_names_and_aliases_are_found(text: str, language: Language, entity: tuple[str, str]) -> None:
    assert entity in entities(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I measure whether my ads work?", "en"),
        ("I think nobody can see us", "en"),
        ("what should I do", "en"),
        ("Do people care about newsletters", "en"),
        ("which tools do you use for this", "en"),
        ("ik gebruik facebook voor mijn zaak", "nl"),
        ("na de aankoop hoor ik niets meer van ze", "nl"),
    ],
)
def test_everyday_words_are_no_phase_or_stage(text: str, language: Language) -> None:
    assert not {entity for entity, _ in entities(text, language)} & {"phase", "journey_stage"}


def test_cues_are_found_in_any_word_form_with_words_between() -> None:
    assert cues("maar er is bijna niemand die iets bestelt", "nl")["buys_not"] == "niemand die iets bestelt"
    assert cues("klanten komen daarna niet meer terug", "nl")["comes_back"] == "komen daarna niet meer terug"
    assert "not_known" in cues("nobody in town knows us", "en")


def test_a_trade_tells_the_kind_of_business_too() -> None:
    found = entities("wij hebben drie rijscholen in Twente", "nl")
    assert {("trade", "driving_school"), ("business_type", "local_shop")} <= set(found)
    assert ("business_type", "webshop") in entities("webshop, vroeger was ik bakker", "nl")
    assert ("business_type", "local_shop") not in entities("webshop, vroeger was ik bakker", "nl")


def test_typographic_quotes_are_as_good_as_plain_ones() -> None:
    assert cues("they don\u2019t buy anything", "en") == cues("they don't buy anything", "en") != {}


def test_addresses_are_found() -> None:
    found = entities("kijk op www.rivaal.nl of mail jan@zaak.nl", "nl")
    assert ("url", "www.rivaal.nl") in found
    assert ("email", "jan@zaak.nl") in found
