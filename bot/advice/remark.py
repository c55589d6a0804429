"""A remark: an answer of some sentences, with the usual next buttons."""

from __future__ import annotations

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised
from bot.advice.situation import Situation

MAX_BUTTONS = 4


def remark(situation: Situation, *sections: Section, buttons: tuple[QuickReply, ...] = ()) -> Advised:
    """An answer of some sentences.

    Args:
        situation: The conversation.
        sections: The sentences.
        buttons: By default those of the next natural moves.
    """
    answer = Answer(
        language=situation.language,
        sections=sections,
        replies=(buttons or replies.next_moves(situation))[:MAX_BUTTONS],
        phase=situation.phase,
    )
    return Advised(answer, situation.case.after_saying())
