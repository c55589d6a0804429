"""Phrases that give away what a message means."""

import pytest

from bot.advice import signals, trades
from bot.advice.case import Case
from bot.advice.situation import Situation
from bot.knowledge import Knowledge, Language


@pytest.mark.parametrize(
    ("phrase", "text", "is_found"),
    [
        ("mail", "Ik wil mailen", True),
        ("mail", "een e-mail", True),
        ("mail", "hotmailadres", False),
        ("^nee$", "Nee, geen personeel", True),
        ("^nee$", "Neem contact op", False),
        ("^nee$", "ik zei nee", False),
        ("=stop", "Stop!", True),
        ("=stop", "stop met adverteren", False),
        ("can't afford", "We can’t afford that", True),
    ],
)
def test_a_phrase_is_found_as_its_marks_say(phrase: str, text: str, is_found: bool) -> None:
    assert bool(signals.found(text, [phrase])) is is_found


def test_openings_are_removed_as_often_as_they_follow_each_other(knowledge: Knowledge) -> None:
    assert signals.without("Ja, maar en hoe dan?", "opening", Situation(knowledge)) == "hoe dan"


def test_every_signal_of_the_knowledge_base_finds_its_own_phrases(knowledge: Knowledge) -> None:
    for signal in knowledge.signals.values():
        for phrase in signal.words.all():
            assert signals.found(phrase.strip("^$="), [phrase]), f"signals.yml: {signal.id}: {phrase}"


@pytest.mark.parametrize(
    ("text", "language", "known", "is_own"),
    [
        ("ik ben fotograaf", "nl", "caterer", True),
        ("we staan met een fotograaf op festivals", "nl", "caterer", False),
        ("is that normal for a fotograaf?", "en", None, False),
        ("fotograaf in Zwolle", "nl", None, True),
    ],
)
def test_another_trade_is_the_owners_only_if_introduced_so(
    knowledge: Knowledge, text: str, language: Language, known: str | None, is_own: bool
) -> None:
    trade = next(t.id for t in knowledge.trades.values() if "fotograaf" in t.name.nl.lower())
    other = next(t.id for t in knowledge.trades.values() if t.id != trade)
    situation = Situation(knowledge, language, case=Case(trade=other if known else None))
    assert trades.is_own(trade, text, text.index("fotograaf"), situation) is is_own
