"""One turn of a conversation, read from Rasa's tracker, and the base class of all actions."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.advice import smalltalk
from bot.advice.answer import Answer
from bot.advice.diagnosis import CueFound
from bot.advice.funnel import Count, parse_number
from bot.advice.language import choose, guess
from bot.advice.situation import Situation
from bot.knowledge import PHASES, Language, PhaseId, load_knowledge
from bot.presentation import markdown
from bot.settings import settings

logger = logging.getLogger(__name__)

Event = dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """What the visitor said, and what is known so far."""

    tracker: Tracker

    @property
    def message(self) -> dict[str, Any]:
        """The parsed message."""
        return self.tracker.latest_message

    @property
    def text(self) -> str:
        """What the visitor typed."""
        return self.message.get("text") or ""

    @property
    def pressed_button(self) -> bool:
        """Whether this is a button of ours. Typed text never starts with a slash: see bot/chat/guard.py."""
        return self.text.startswith("/")

    @property
    def intent(self) -> str:
        """The recognised intent."""
        return (self.message.get("intent") or {}).get("name") or ""

    @property
    def confidence(self) -> float:
        """The probability of the intent."""
        return float((self.message.get("intent") or {}).get("confidence") or 0.0)

    @property
    def ranking(self) -> dict[str, float]:
        """The probability of each intent."""
        return {i["name"]: float(i["confidence"]) for i in self.message.get("intent_ranking") or []}

    @property
    def cues(self) -> list[CueFound]:
        """The cues of the knowledge base in the message."""
        return [CueFound(c["cue"], c["words"]) for c in self.message.get("cues") or []]

    @property
    def evidence(self) -> dict[PhaseId, list[str]]:
        """The words of the message that made the classifier think of a phase."""
        found = self.message.get("evidence") or {}
        return {phase: found[f"struggle_{phase}"] for phase in PHASES if f"struggle_{phase}" in found}

    @property
    def counts(self) -> list[Count]:
        """The numbers in the message that count a step of the funnel."""
        found = [(e.get("role"), parse_number(str(e["value"]))) for e in self._entities("number")]
        return [Count(role, value) for role, value in found if role and value is not None]

    def _entities(self, name: str) -> list[dict[str, Any]]:
        return [e for e in self.message.get("entities") or [] if e.get("entity") == name]

    def values(self, entity: str) -> tuple[str, ...]:
        """The values of an entity in the order of the message, each once, and only those that exist."""
        known = load_knowledge(settings().knowledge).named().get(entity)
        found = dict.fromkeys(str(e["value"]) for e in self._entities(entity))
        return tuple(value for value in found if known is None or value in known)

    def value(self, entity: str) -> str | None:
        """The first value of an entity."""
        return next(iter(self.values(entity)), None)

    @property
    def filling_in(self) -> bool:
        """Whether a form is open."""
        return bool((self.tracker.active_loop or {}).get("name"))

    @cached_property
    def language(self) -> Language:
        """In which language to answer."""
        metadata = self.message.get("metadata") or {}
        current = self.tracker.get_slot("language") or metadata.get("language")
        detected = self.message.get("language")
        typed = metadata.get("typed")
        if typed and not current and not detected:  # the guard kept the text from Rasa
            return guess(typed)
        return choose(
            current,
            detected,
            float(self.message.get("language_confidence") or 0.0),
            self.text,
            filling_in=self.filling_in,
        )

    @cached_property
    def situation(self) -> Situation:
        """The conversation so far, with a kind of business that this message may name."""
        return Situation(
            knowledge=load_knowledge(settings().knowledge),
            language=self.language,
            phase=self.tracker.get_slot("phase"),
            topic=self.tracker.get_slot("topic"),
            business_type=self.value("business_type") or self.tracker.get_slot("business_type"),
            about=self.tracker.get_slot("about"),
        )

    def said_in(self, language: Language) -> Situation:
        """The situation, answered in another language."""
        return replace(self.situation, language=language)


def utter(dispatcher: CollectingDispatcher, answer: Answer) -> None:
    """Hands an answer to Rasa: as text for the record, and whole for the channel to draw."""
    rendered = markdown.render(answer)
    dispatcher.utter_message(text=rendered.text, buttons=rendered.buttons, json_message=answer.as_json())


def remember(turn: Turn, answer: Answer) -> list[Event]:
    """The slots after an answer, as far as they change."""
    after = {
        "language": answer.language,
        "phase": None if answer.awaiting == "phase" else answer.phase or turn.situation.phase,
        "topic": answer.topic or (turn.situation.topic if answer.about in (None, "phase") else None),
        "business_type": turn.situation.business_type,
        "awaiting": answer.awaiting,
        "about": answer.about or turn.situation.about,
    }
    return [SlotSet(name, value) for name, value in after.items() if turn.tracker.get_slot(name) != value]


class AnswerAction(Action, ABC):
    """An action that gives one answer. Subclasses say which."""

    action_name: str
    ends_form: bool = False
    """Whether an open form ends with this answer; else the form asks on, with its own buttons."""

    def name(self) -> str:
        """The name that domain and rules use."""
        return self.action_name

    @abstractmethod
    def answer(self, turn: Turn) -> Answer:
        """What to say."""

    def events(self, turn: Turn) -> list[Event]:
        """Further events after the answer."""
        return []

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        """Answers, whatever happens: a failure of ours becomes an apology and a log line."""
        turn = Turn(tracker)
        try:
            answer = self.answer(turn)
            if turn.filling_in and not self.ends_form:  # a question in between: the form's own buttons follow
                answer = msgspec.structs.replace(answer, replies=(), awaiting="nothing")
            utter(dispatcher, answer)
            return [*remember(turn, answer), *self.events(turn)]
        except Exception:
            logger.exception("%s failed in conversation %s", self.name(), tracker.sender_id)
            utter(dispatcher, smalltalk.apology(turn.situation))
            return []
