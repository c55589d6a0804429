"""What happened in a while, over all channels: the figures of a month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from bot.forms.submission import now
from bot.knowledge import PhaseId
from bot.settings import settings
from bot.storage.messages import MessageStore
from bot.storage.requests import Status, intake_store


@dataclass(frozen=True)
class Figures:
    """Counts: conversations with at least one question, phases that answers were about, requests by status, thumbs."""

    conversations: int
    questions: int
    phases: Mapping[PhaseId, int]
    requests: Mapping[Status, int]
    thumbs: Mapping[str, int]


def this_month(store: MessageStore) -> Figures:
    """The figures since the first of the month, where the agency works. May block on the databases."""
    start = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since: datetime = start.astimezone(timezone.utc).replace(tzinfo=None)
    conversations, questions = store.asked(since)
    answers = list(store.answers(since))
    return Figures(
        conversations,
        questions,
        Counter(m.answer.phase for m in answers if m.answer and m.answer.phase and m.answer.about == "phase"),
        Counter(status for _, status in intake_store(settings().intake_db).statuses(since)),
        Counter(m.vote for m in answers if m.vote),
    )
