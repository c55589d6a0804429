"""What an answer depends on: the knowledge base, and what is known of the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from babel.numbers import format_decimal

from bot.advice.case import Case
from bot.knowledge import LOCALES, Knowledge, Language, PhaseId, TopicId
from bot.knowledge.models import Phase, Text
from bot.knowledge.problems import Draft, Step, Symptom, Trade


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
    case: Case = field(default_factory=Case)
    """What the owner told, and what was said about it."""
    today: date = field(default_factory=date.today)

    def with_case(self, case: Case, phase: PhaseId | None = None) -> Situation:
        """The situation with another case, and the phase of its problem."""
        return replace(self, case=case, phase=phase or self.phase)

    @property
    def trade(self) -> Trade | None:
        """The owner's trade, if known."""
        return self.knowledge.trades.get(self.case.trade or "")

    @property
    def step(self) -> Step | None:
        """The step in focus."""
        focus = self.case.focus
        return self.knowledge.steps.get(focus.id) if focus and focus.kind == "step" else None

    @property
    def draft(self) -> Draft | None:
        """The text in focus."""
        focus = self.case.focus
        return self.knowledge.texts.get(focus.id) if focus and focus.kind == "text" else None

    @property
    def symptom(self) -> Symptom | None:
        """The symptom of the current problem, if known."""
        return self.knowledge.symptoms.get(self.case.symptom or "")

    def text(self, text: Text) -> str:
        """A text in the visitor's language, with the trade's word for {customer} and {customers}."""
        return self.fill(text.localized(self.language))

    def fill(self, text: str) -> str:
        """A text with the trade's word for {customer} and {customers}, capitalised where the placeholder is."""
        if "{" not in text:
            return text
        for name in ("customer", "customers"):
            word = getattr(self.trade, name).localized(self.language) if self.trade else self.say(name)
            text = text.replace(f"{{{name}}}", word).replace(f"{{{name.capitalize()}}}", capitalized(word))
        return text

    def say(self, key: str, **values: object) -> str:
        """A phrase of the knowledge base in the visitor's language, with `values` filled in."""
        return self.knowledge.phrase(key, self.language, **values)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the separators of the visitor's language."""
        pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
        return str(format_decimal(round(value, decimals), pattern, locale=LOCALES[self.language]))

    def percentage(self, share: float) -> str:
        """A share from 0 to 1 in percent, as precisely as its size asks for: 0,79 but 8 and 40."""
        percent = share * 100
        decimals = 2 if percent < 1 else 1 if percent < 10 else 0
        return self.number(percent, 0 if round(percent, decimals) == round(percent) else decimals)

    def money(self, euros: float) -> str:
        """An amount in euros, with cents if it is small and has them."""
        return "€ " + self.number(euros, 2 if euros < 100 and euros != round(euros) else 0)

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


def capitalized(text: str) -> str:
    """A text with its first letter as a capital; the rest stays as it is."""
    return text[:1].upper() + text[1:]
