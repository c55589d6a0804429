"""One turn of a conversation, read from Rasa's tracker, and what an action returns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet

from bot.advice import (
    facts,
    handovers,
    language_choice,
    leaning,
    plan,
    quickscan,
    smalltalk,
    symptoms,
    trades,
)
from bot.advice.answer import Answer, Section
from bot.advice.case import Advised, Case, Fact
from bot.advice.diagnosis import CueFound
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.errors import StorageError
from bot.forms.parsing import find_contact
from bot.knowledge import PHASES, Language, PhaseId
from bot.nlu.figures import numbers
from bot.services import Services

logger = logging.getLogger(__name__)

CONTACT = "contact"
"""`Answer.about` of the answer that says how to reach a person."""

Event = dict[str, Any]
"""An event of Rasa as the SDK writes it."""


@dataclass(frozen=True)
class Turn:
    """The visitor's message, and what is known of the conversation."""

    tracker: Tracker
    services: Services

    @property
    def message(self) -> dict[str, Any]:
        """The parsed message."""
        return self.tracker.latest_message

    @property
    def text(self) -> str:
        """What the visitor typed, or the payload of a button."""
        return self.message.get("text") or ""

    @property
    def is_button(self) -> bool:
        """Whether a button was pressed. Typed text never begins with a slash (bot/chat/guard.py)."""
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
    def attribution(self) -> dict[PhaseId, list[str]]:
        """By phase, the words that contributed to its probability."""
        found = self.message.get("attribution") or {}
        return {phase: found[f"struggle_{phase}"] for phase in PHASES if f"struggle_{phase}" in found}

    @cached_property
    def utterance(self) -> Utterance:
        """What the visitor said, for the advice."""
        sub_intents = self.message.get("sub_intents") or {}
        return Utterance(
            text="" if self.is_button else self.text,
            intent=self.intent,
            confidence=self.confidence,
            phases={phase: self.ranking.get(f"struggle_{phase}", 0.0) for phase in PHASES},
            symptoms={
                phase: {
                    s["name"]: float(s["confidence"])
                    for s in sub_intents.get(f"struggle_{phase}", ())
                    if symptoms.may_be(s["name"], self.text, self._before)
                }
                for phase in PHASES
            },
            facts=tuple(fact for fact in self._figures() if fact.role and fact.unit != "ratio"),
            amounts=tuple(self._figures()),
            numbers=tuple(numbers(self.text, self.language)) if not self.is_button else (),
            trade=self._trade[0],
            trade_word=self._trade[1],
            business_type=self.value("business_type"),
            channels=self.values("channel"),
            cause=self.value("cause"),
            symptom=self.value("symptom"),
            exchange=self.value("exchange"),
            exchanges={e["name"]: float(e["confidence"]) for e in self.message.get("exchanges") or ()},
        )

    @cached_property
    def _trade(self) -> tuple[str | None, str]:
        """The owner's trade, if the message names it, and its word for it."""
        known = self.services.knowledge.trades
        found = next((e for e in self._entities("trade") if e.get("value") in known), None)
        if found is None:
            return None, ""
        trade, start = str(found["value"]), found.get("start") or 0
        if not trades.is_own(trade, self.text, start, self._before):
            return None, ""
        return trade, self.text[start : found.get("end") or 0]

    def _figures(self) -> list[Fact]:
        found = self._entities("number")
        numbers = [e["value"] if isinstance(e["value"], dict) else e for e in found]  # a payload nests the keys
        return [
            Fact(n.get("role") or "", float(n["value"]), n.get("unit") or "count", n.get("period"), n.get("whole"))
            for n in numbers
        ]

    def _entities(self, name: str) -> list[dict[str, Any]]:
        return [e for e in self.message.get("entities") or [] if e.get("entity") == name]

    def values(self, entity: str) -> tuple[str, ...]:
        """The distinct values of an entity in the order of the message; only ids that the knowledge base has."""
        known = self.services.knowledge.named().get(entity)
        found = dict.fromkeys(str(e["value"]) for e in self._entities(entity))
        return tuple(value for value in found if known is None or value in known)

    def value(self, entity: str) -> str | None:
        """The first value of an entity."""
        return next(iter(self.values(entity)), None)

    @property
    def has_active_form(self) -> bool:
        """Whether a form asks for its next field."""
        return bool((self.tracker.active_loop or {}).get("name"))

    @cached_property
    def language(self) -> Language:
        """The language of the answer."""
        metadata = self.message.get("metadata") or {}
        current = self.tracker.get_slot("language") or metadata.get("language")
        detected = self.message.get("language")
        typed = metadata.get("typed")
        if typed and not current and not detected:  # the guard replaced the text by a payload
            return language_choice.guess(typed)
        return language_choice.choose(
            current,
            detected,
            float(self.message.get("language_confidence") or 0.0),
            self.text,
            filling_in=self.has_active_form,
        )

    @cached_property
    def situation(self) -> Situation:
        """The conversation so far, with the trade, kind of business and figures that this message may name."""
        before = self._before
        case = before.case.with_facts(self.utterance.facts)
        named = self._trade[0]
        if named:
            case = msgspec.structs.replace(case, trade=named)
        others = (
            None if self.values("trade") else self.value("business_type")
        )  # "ik app ze" names somebody else's trade
        own = trades.kind_of_business(named, self.text, before) if named else others
        situation = replace(before, business_type=own or before.business_type, case=case)
        return situation.with_case(case.with_facts(facts.with_share(self.utterance, situation)))

    @cached_property
    def _before(self) -> Situation:
        """The conversation before this message."""
        return Situation(
            knowledge=self.services.knowledge,
            language=self.language,
            phase=self.tracker.get_slot("phase"),
            topic=self.tracker.get_slot("topic"),
            business_type=self.tracker.get_slot("business_type"),
            about=self.tracker.get_slot("about"),
            case=Case.from_json(self.tracker.get_slot("case")),
            today=self.services.now().date(),
        )

    def situation_in(self, language: Language) -> Situation:
        """The situation, with answers in another language."""
        return replace(self.situation, language=language)


@dataclass(frozen=True)
class Result:
    """What an action returns: answers for the visitor, and events for the tracker."""

    answers: tuple[Answer, ...] = ()
    events: tuple[Event, ...] = ()


Action = Callable[[Turn], Awaitable[Result]]


def answering(
    answer: Callable[[Turn], Answer | Advised], *, ends_form: bool = False, resets: tuple[str, ...] = ()
) -> Action:
    """An action that gives one answer and remembers what it was about. If it fails, it apologises.

    Args:
        answer: Gives the answer.
        ends_form: Whether an active form ends. If not, the form asks on, with its own buttons.
        resets: Slots to clear.
    """

    async def action(turn: Turn) -> Result:
        if leaves_contact(turn):
            return Result((), (FollowupAction("appointment_form"),))
        try:
            leaned = leans(turn)
            found = leaned or answer(turn)
            given, case = found if isinstance(found, Advised) else (found, turn.situation.case.after_saying())
            if given.about == plan.ABOUT:
                given = await _with_stored_plan(turn, given, case)
            if given.about == CONTACT and turn.services.can_hand_over(turn.tracker.sender_id):
                given = await _asking_the_team(turn, given)
            if turn.has_active_form and not ends_form:
                given = msgspec.structs.replace(given, replies=(), awaiting="nothing")
            return Result((given,), (*remember(turn, given, case), *clear(() if leaned else resets)))
        except Exception:
            logger.exception("action failed: %s", getattr(answer, "__name__", answer))
            return Result((smalltalk.apology(turn.situation),))

    return action


def leans(turn: Turn) -> Advised | None:
    """The answer to a message that leans on the conversation (bot/advice/leaning.py); not to fields of a form."""
    of_scan = (quickscan.SKIP, "cancel")
    is_other_button = turn.is_button and turn.intent not in of_scan
    if turn.has_active_form or is_other_button or turn.tracker.get_slot("awaiting") == "erasure":
        return None
    return leaning.answer(turn.utterance, turn.situation)


async def _with_stored_plan(turn: Turn, answer: Answer, case: Case) -> Answer:
    """The answer with the token of its plan and the address of its page, as far as the chat channel can show them."""
    made = plan.make(turn.situation.with_case(case))
    base, conversation = turn.services.settings.public_url, turn.tracker.sender_id
    has_page = bool(base) or conversation.startswith("website-")
    if made is None or not (has_page or conversation.startswith("slack-")):
        return answer
    token = await asyncio.to_thread(turn.services.plans.add, conversation, made)
    text = turn.situation.say("plan_link", address=f"{base}/plan/{token}")
    link = (Section(text=text),) if has_page else ()
    return msgspec.structs.replace(answer, sections=(*answer.sections, *link), plan=token)


async def _asking_the_team(turn: Turn, otherwise: Answer) -> Answer:
    """Asks for a person to take over; `otherwise` is the answer if nobody came, or the database failed."""
    services, conversation = turn.services, turn.tracker.sender_id
    try:
        asked, is_new = await asyncio.to_thread(services.handovers.ask, conversation, turn.language)
    except StorageError as error:
        logger.warning("the team could not be asked: %s", error)
        return otherwise
    if asked.state == "late":
        return handovers.nobody(turn.situation)
    return handovers.asked(turn.situation, services.settings.handover_wait_minutes, again=not is_new)


def leaves_contact(turn: Turn) -> bool:
    """Whether a visitor types an address or number after "leave your details": that begins the form."""
    typed = not turn.is_button and not turn.has_active_form
    country = turn.services.knowledge.agency.country
    return typed and turn.situation.about == CONTACT and find_contact(turn.text, country) is not None


def remember(turn: Turn, answer: Answer, case: Case | None = None) -> tuple[Event, ...]:
    """Events that set the slots which an answer changes; with the case after it, if it changes that."""
    after = {
        "language": answer.language,
        "phase": None if answer.awaiting == "phase" else answer.phase or turn.situation.phase,
        "topic": answer.topic or (turn.situation.topic if answer.about in (None, "phase") else None),
        "business_type": turn.situation.business_type,
        "awaiting": answer.awaiting,
        "about": answer.about or turn.situation.about,
        "case": (case or turn.situation.case).as_json() or None,
    }
    return tuple(SlotSet(name, value) for name, value in after.items() if turn.tracker.get_slot(name) != value)


def clear(slots: tuple[str, ...]) -> tuple[Event, ...]:
    """Events that clear slots."""
    return tuple(SlotSet(name, None) for name in slots)
