"""What an answer depends on: the knowledge base, and what is known of the conversation."""

from __future__ import annotations

from dataclasses import dataclass

from bot.knowledge import Knowledge, Language, PhaseId, TopicId
from bot.knowledge.models import Phase


@dataclass(frozen=True)
class Situation:
    """The state of a conversation, as far as answers depend on it."""

    knowledge: Knowledge
    language: Language = "nl"
    phase: PhaseId | None = None
    topic: TopicId | None = None
    business_type: str | None = None
    about: str | None = None
    """Subject of the previous answer (`Answer.about`)."""

    def say(self, key: str, **values: object) -> str:
        """A phrase of the knowledge base in the visitor's language, with `values` filled in."""
        return self.knowledge.phrase(key, self.language, **values)

    def phase_title(self, phase: Phase) -> str:
        """A phase's name with its nickname, as a title."""
        name, nickname = phase.name.localized(self.language), phase.nickname.localized(self.language)
        return self.say("phase_title", phase=name, nickname=nickname)

    def cite(self, source_ids: tuple[str, ...]) -> str | None:
        """The line that names the sources of an answer; None without sources."""
        if not source_ids:
            return None
        return self.say("sources", sources="; ".join(self.source(id_) for id_ in source_ids))

    def source(self, source_id: str) -> str:
        """A source's name, and its year if that is known."""
        source = self.knowledge.sources[source_id]
        return f"{source.name}, {source.year}" if source.year else source.name

    def source_note(self, source_id: str | None) -> str:
        """A source in brackets after a space, to append to a sentence; empty without a source."""
        return f" ({self.source(source_id)})" if source_id else ""
