"""The answer object: what to say, before it is rendered for a chat channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from bot.forms.fields import Kind
from bot.knowledge import Language, PhaseId, TopicId

Awaiting = Literal["fit", "phase", "more", "erasure", "nothing"]
"""What a yes or no would answer: does the diagnosis fit, which phase is it, anything else, delete all, or nothing."""


FROM_TEAM = "team"
"""`Answer.about` of what a person of the team writes."""
JOINED = "joined"
LEFT = "left"
"""`Answer.about` of the notices that a person takes the conversation over, and gives it back."""


class UserText(msgspec.Struct, frozen=True):
    """User-supplied text. Renderers must escape it; all other text of an answer is trusted Markdown."""

    text: str


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """A titled part of an answer: a paragraph, a list, a table, or a combination."""

    title: str | None = None
    text: str | None = None
    items: tuple[str, ...] = ()
    ordered: bool = False
    """Whether `items` are numbered."""
    quotes: tuple[UserText, ...] = ()
    """The visitor's words, shown between quotation marks."""
    value: UserText | None = None
    """What the visitor filled in, shown without quotation marks."""
    columns: tuple[str, ...] = ()
    """Headings of the table in `rows`."""
    rows: tuple[tuple[str, ...], ...] = ()
    in_card: bool = False
    """The answer's card says the same: leave the section out where the card is drawn."""
    in_plan: bool = False
    """The steps of the answer's plan: put check boxes in their place where the channel can draw them."""
    closing: bool = False
    """Show the section last, below the card."""


class QuickReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button with a natural next question: its caption, and the intent and entities it sends."""

    title: str
    intent: str
    entities: dict[str, str] = {}
    in_card: bool = False
    """The answer's card answers the question: leave the button out where the card is drawn."""


class Tab(msgspec.Struct, frozen=True):
    """One tab of the card about a phase."""

    title: str
    sections: tuple[Section, ...]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a form asks for, for channels whose box can help to fill it in."""

    form: Kind
    field: str
    wrong: bool = False
    """Whether the value that was typed can't be right: the answer says why."""


class Receipt(msgspec.Struct, frozen=True):
    """The proof that a request was sent, for channels that can draw it; its sections say the same in one text."""

    title: str
    number: str
    next: tuple[str, ...]
    """What happens next, and when."""


class Bar(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a funnel, to be drawn to scale."""

    name: str
    value: str
    """The number, formatted."""
    width: float
    """Share of the widest step, from 0 to 1."""
    rate: str | None = None
    """Share of the step before, formatted."""
    usual: float | None = None
    """Where the bar would end at what is usual, from 0 to 1."""
    usual_rate: str | None = None
    leaks: bool = False
    """Whether it lags behind most."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer, independent of the chat channel that shows it.

    >>> Answer("nl", (Section(text="Hallo"),)).as_json()
    {'language': 'nl', 'sections': [{'text': 'Hallo'}]}
    """

    language: Language
    sections: tuple[Section, ...]
    title: str | None = None
    replies: tuple[QuickReply, ...] = ()
    phase: PhaseId | None = None
    symptom: str | None = None
    """The symptom that this answer diagnoses."""
    topic: TopicId | None = None
    awaiting: Awaiting = "nothing"
    about: str | None = None
    """The subject, for follow-up questions: phase, topic, faq, channel, metric, stage, journey, step, cause, text,
    scan, plan, contact, request or erased; team, joined or left for a person of the team."""
    journey: tuple[PhaseId, ...] | None = None
    """The phases to mark in the picture of the journey (possibly none); None for an answer without the picture."""
    funnel: tuple[Bar, ...] = ()
    """The owner's funnel, to be drawn."""
    card: tuple[Tab, ...] = ()
    """All advice on a phase in tabs, for channels that can draw it; elsewhere the buttons ask for it."""
    plan: str | None = None
    """The token of the stored plan (bot.storage.plans) that this answer shows."""
    request: str | None = None
    """The kind of the request (bot.forms) that was stored just now."""
    form: str | None = None
    """The form (bot.forms) that asks this question, for channels that have forms of their own."""
    asked: Asked | None = None
    """The field of a form that the answer asks for."""
    receipt: Receipt | None = None
    sources: str | None = None
    """The sources of the answer, where its texts do not name them."""
    person: str | None = None
    """First name of the person of the team who has the conversation; with `about` FROM_TEAM, who writes this."""

    @property
    def is_advice(self) -> bool:
        """Whether it can be rated and shared: not small talk, forms, addresses and what people say."""
        return self.about not in (None, "request", "contact", "erased", FROM_TEAM, JOINED, LEFT)

    def as_json(self) -> dict[str, Any]:
        """The answer as JSON data without defaults, to be passed through Rasa and stored."""
        data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))  # to_builtins would leave tuples
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Answer:
        """The answer that `as_json` returned. Raises msgspec.ValidationError for anything else."""
        return msgspec.convert(data, Answer)
