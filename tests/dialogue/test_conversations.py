"""Every conversation of the YAML files beside this one, through the real agent with the real actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.turns import TurnService
from tests.dialogue.transcript import Dialogue, dialogues, play

ALL = dialogues(Path(__file__).parent)


@pytest.mark.parametrize("dialogue", ALL, ids=lambda d: f"{d.file}: {d.name}")
async def test_conversation_goes_as_written(turns: TurnService, dialogue: Dialogue) -> None:
    await play(turns, dialogue)


def test_there_are_sixty_conversations_of_several_turns_in_both_languages() -> None:
    long_enough = [d for d in ALL if len(d.turns) > 1]
    assert len(long_enough) >= 60
    assert {d.file.split("/")[0] for d in long_enough} == {"nl", "en"}
