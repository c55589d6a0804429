"""Every conversation of the YAML files beside this one, through the real agent with the real actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.turns import TurnService
from bot.knowledge import LANGUAGES
from tests.dialogue.transcript import Dialogue, dialogues, play

ALL = dialogues(Path(__file__).parent)


@pytest.mark.parametrize("dialogue", ALL, ids=lambda d: f"{d.file}: {d.name}")
async def test_conversation_goes_as_written(turns: TurnService, dialogue: Dialogue) -> None:
    await play(turns, dialogue)


def test_every_subject_has_conversations_in_both_languages() -> None:
    subjects = {
        language: {d.file.removeprefix(f"{language}/") for d in ALL if d.file.startswith(language)}
        for language in LANGUAGES
    }
    assert subjects["nl"] == subjects["en"] != set()
