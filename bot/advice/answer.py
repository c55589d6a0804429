"""The answer object: what to say, before it is rendered for a channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.knowledge import Language, PhaseId, TopicId

Awaiting = Literal["fit", "phase", "more", "nothing"]
"""What a yes or no would answer: does the diagnosis fit, which phase is it, anything else, or no open question."""


@dataclass(frozen=True)
class Typed:
    """Text that a visitor typed. Renderers escape it; nothing else may be escaped or trusted less."""

    text: str


@dataclass(frozen=True)
class Section:
    """A titled part of an answer: a paragraph, a list, or both. `ordered` numbers the list.

    What the visitor typed stands in `quotes` (shown between quotation marks) or `value` (shown as it is).
    """

    title: str | None = None
    text: str | None = None
    items: tuple[str, ...] = ()
    ordered: bool = False
    quotes: tuple[Typed, ...] = ()
    value: Typed | None = None


@dataclass(frozen=True)
class QuickReply:
    """A button for a natural next question: what it shows, and the intent with entities that it stands for."""

    title: str
    intent: str
    entities: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """One answer, for any channel."""

    language: Language
    sections: tuple[Section, ...]
    title: str | None = None
    replies: tuple[QuickReply, ...] = ()
    phase: PhaseId | None = None
    topic: TopicId | None = None
    awaiting: Awaiting = "nothing"
    about: str | None = None
    """phase, topic, faq, channel, metric, stage, journey or request: what it was about, for follow-ups."""
