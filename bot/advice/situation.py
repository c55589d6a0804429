"""What is known of the visitor when an answer is made."""

from __future__ import annotations

from dataclasses import dataclass

from bot.knowledge import Knowledge, Language, PhaseId, TopicId


@dataclass(frozen=True)
class Situation:
    """The conversation so far, as far as answers depend on it."""

    knowledge: Knowledge
    language: Language = "nl"
    phase: PhaseId | None = None
    topic: TopicId | None = None
    business_type: str | None = None
    about: str | None = None

    def say(self, key: str, **values: object) -> str:
        """A fixed sentence of the knowledge base in the visitor's language."""
        return self.knowledge.phrase(key, self.language, **values)
