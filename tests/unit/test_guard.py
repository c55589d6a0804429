"""What reaches Rasa, and what does not."""

from __future__ import annotations

import pytest

from bot.chat.guard import EMPTY, TOO_LONG, guard


def test_ordinary_text_passes() -> None:
    assert guard("  hoe meet ik dat? ", (), 100).text == "hoe meet ik dat?"


@pytest.mark.parametrize("typed", ["/restart", "//restart", ' /ask_channels{"phase": "do"}', "\u200b/restart"])
def test_a_typed_slash_is_text(typed: str) -> None:
    assert not guard(typed, (), 100).text.startswith("/")


def test_a_button_that_was_issued_passes() -> None:
    assert guard("/struggle_do", {"/struggle_do"}, 100).text == "/struggle_do"


def test_a_changed_button_is_text() -> None:
    assert guard('/ask_phase{"phase": "<b>"}', {'/ask_phase{"phase": "do"}'}, 100).text == "ask_phase"


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "???", "\x00", "/"])
def test_a_message_without_words_is_marked_and_kept(text: str) -> None:
    guarded = guard(text, (), 100)
    assert guarded.text == EMPTY
    assert "typed" in guarded.metadata


def test_a_long_message_is_marked_and_kept_whole() -> None:
    guarded = guard("a" * 5000, (), 2000)
    assert guarded.text == TOO_LONG
    assert guarded.metadata == {"typed": "a" * 5000}


def test_markup_is_dropped_but_kept_with_the_conversation() -> None:
    guarded = guard("onze zaak is <b>onbekend</b>", (), 100)
    assert "<b>" not in guarded.text
    assert guarded.metadata == {"typed": "onze zaak is <b>onbekend</b>"}
    assert guard("I <3 my 2 shops > 1 shop", (), 100).text == "I <3 my 2 shops > 1 shop"


def test_control_characters_are_dropped() -> None:
    assert guard("se\x00o\u202e?", (), 100).text == "seo?"
