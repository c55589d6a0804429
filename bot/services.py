"""What the parts of one process share: settings, knowledge base and stores. Built once and passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.advice.situation import Situation
from bot.forms import working_days
from bot.knowledge import Knowledge, Language, load_knowledge
from bot.settings import Settings
from bot.storage.handovers import HandoverStore
from bot.storage.messages import MessageStore
from bot.storage.plans import PlanStore
from bot.storage.requests import RequestStore


@dataclass(frozen=True)
class Services:
    """Settings, knowledge base and stores of one process."""

    settings: Settings
    knowledge: Knowledge
    messages: MessageStore
    requests: RequestStore
    plans: PlanStore
    handovers: HandoverStore

    @classmethod
    def create(cls, settings: Settings) -> Services:
        """Loads the knowledge base; databases are opened on first use.

        Raises:
            KnowledgeError: The knowledge base has faults.
        """
        return cls(
            settings,
            load_knowledge(settings.knowledge),
            MessageStore(settings.messages_db),
            RequestStore(settings.intake_db),
            PlanStore(settings.intake_db, max_age=timedelta(days=settings.retention_days)),
            HandoverStore(settings.messages_db),
        )

    def can_hand_over(self, conversation: str) -> bool:
        """Whether somebody of the team can take over a conversation now: on the website, in opening hours."""
        settings = self.settings
        if not (conversation.startswith("website-") and settings.has_team_channel):
            return False
        is_open = settings.handover == "opening_hours" and working_days.is_open(self.now(), self.knowledge.agency)
        return settings.handover == "always" or is_open

    def now(self) -> datetime:
        """The local time of the agency."""
        return datetime.now(ZoneInfo(self.settings.time_zone))

    def situation(self, language: Language) -> Situation:
        """The situation of a visitor of whom only the language is known."""
        return Situation(self.knowledge, language)
