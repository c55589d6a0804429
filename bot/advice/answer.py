"""The answer object: what to say, before it is rendered for a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from bot.knowledge import Language, PhaseId, TopicId

Awaiting = Literal["fit", "phase", "more", "nothing"]
"""What a yes or no would answer: does the diagnosis fit, which phase is it, anything else, or no open question."""


@dataclass(frozen=True)
class Typed:
    """Text that a visitor typed. Renderers escape it; nothing else may be escaped or trusted less."""

    text: str


@dataclass(frozen=True)
class Section:
    """A titled part of an answer: a paragraph, a list or table, or both. `ordered` numbers the list.

    What the visitor typed stands in `quotes` (shown between quotation marks) or `value` (shown as it is).
    `columns` head the `rows` of a table. `in_card`: the card says it too, so it is left out where that is drawn.
    `closing`: it stands last, below the card.
    """

    title: str | None = None
    text: str | None = None
    items: tuple[str, ...] = ()
    ordered: bool = False
    quotes: tuple[Typed, ...] = ()
    value: Typed | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    in_card: bool = False
    closing: bool = False


@dataclass(frozen=True)
class QuickReply:
    """A button for a natural next question: what it shows, and the intent with entities that it stands for.

    `in_card`: the card answers it too, so it is left out where that is drawn.
    """

    title: str
    intent: str
    entities: dict[str, str] = field(default_factory=dict)
    in_card: bool = False


@dataclass(frozen=True)
class Tab:
    """A page of the card about a phase."""

    title: str
    sections: tuple[Section, ...]


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
    journey: tuple[PhaseId, ...] | None = None
    """The phases to mark in a picture of the journey; None where no picture helps."""
    card: tuple[Tab, ...] = ()
    """All advice on a phase, page by page, for channels that can draw it; elsewhere buttons ask for it."""
    form: str | None = None
    """The request whose form asks this (bot.forms.dialogue.Kind), for channels that have forms of their own."""
    sources: str | None = None
    """What the answer rests on, where its texts do not name it themselves."""

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data without what is empty, for the way through Rasa and into a database."""
        return _without_empty(msgspec.to_builtins(self))

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Answer:
        """The answer that `as_json` gave. Raises msgspec.ValidationError for anything else."""
        return msgspec.convert(data, Answer)


def _without_empty(data: Any) -> Any:
    if isinstance(data, dict):
        kept = {name: _without_empty(value) for name, value in data.items()}
        return {name: value for name, value in kept.items() if value or (name == "journey" and value is not None)}
    return [_without_empty(value) for value in data] if isinstance(data, (list, tuple)) else data
