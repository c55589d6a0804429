"""Monthly usage report over all chat channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from bot.knowledge import PhaseId
from bot.services import Services
from bot.storage.requests import Status


@dataclass(frozen=True)
class UsageReport:
    """Counts of one month: conversations, visitors' messages, diagnosed phases, requests by status, votes."""

    conversations: int
    questions: int
    phases: Mapping[PhaseId, int]
    requests: Mapping[Status, int]
    votes: Mapping[str, int]


def this_month(services: Services) -> UsageReport:
    """The report since the first of the month in the agency's time zone. Blocks on the databases."""
    start = services.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since: datetime = start.astimezone(timezone.utc).replace(tzinfo=None)
    conversations, questions = services.messages.count_questions(since)
    answers = [(m.answer, m.vote) for m in services.messages.answers_since(since) if m.answer]
    return UsageReport(
        conversations,
        questions,
        Counter(answer.phase for answer, _ in answers if answer.phase and answer.about == "phase"),
        Counter(status for _, status in services.requests.statuses(since)),
        Counter(vote for _, vote in answers if vote),
    )
