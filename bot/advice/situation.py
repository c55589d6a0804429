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

    def cite(self, source_ids: tuple[str, ...]) -> str | None:
        """The names and years of sources as a line of small print; None if there are none."""
        if not source_ids:
            return None
        return self.say("sources", sources="; ".join(self.source(id_) for id_ in source_ids))

    def source(self, source_id: str) -> str:
        """A source's name, and its year if that is known."""
        source = self.knowledge.sources[source_id]
        return f"{source.name}, {source.year}" if source.year else source.name
