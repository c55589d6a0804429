"""Actions of the two forms: ask, validate, store, leave. What they decide stands in bot/forms."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from actions.turn import AnswerAction, Event, Turn, remember, utter
from bot.advice import requests
from bot.advice.answer import Answer
from bot.forms.dialogue import FIELDS, FormMessage, Kind, fill, prefill
from bot.forms.submission import now, submit

logger = logging.getLogger(__name__)

ALL_FIELDS = tuple(dict.fromkeys(field for fields in FIELDS.values() for field in fields))


def form_message(turn: Turn) -> FormMessage:
    """The visitor's message as the forms read it."""
    country = turn.situation.knowledge.agency.country
    return FormMessage(turn.text, turn.intent, turn.confidence, country, now())


def forget_fields() -> list[Event]:
    """Empties the form's slots, so that a next request starts afresh."""
    return [SlotSet(field, None) for field in (*ALL_FIELDS, "form_problem")]


def spoke_this_turn(tracker: Tracker) -> bool:
    """Whether the bot has said something since the visitor's last message."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "bot":
            return True
    return False


class ValidateForm(Action, ABC):
    """Fills a form from the visitor's message. Returning nothing lets Rasa answer a question in between."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """Which form."""

    def name(self) -> str:
        """Rasa calls validate_<form>."""
        return f"validate_{self.kind}_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        """The slots that the message fills; a problem is explained at once."""
        turn = Turn(tracker)
        requested = tracker.get_slot("requested_slot")
        message = form_message(turn)
        filled = fill(self.kind, requested, message) if requested else prefill(self.kind, message)
        events = [SlotSet(field, value) for field, value in filled.values.items()]
        if filled.problem:
            utter(dispatcher, requests.problem(filled.problem, turn.situation))
            events.append(SlotSet("form_problem", filled.problem))
        if filled.values.get("consent") is False:
            events.append(SlotSet("requested_slot", None))  # nothing more to ask
        return events


class ValidateCompetitorCheck(ValidateForm):
    """The competitor check's form."""

    kind = "competitor_check"


class ValidateAppointment(ValidateForm):
    """The appointment's form."""

    kind = "appointment"


class AskField(Action, ABC):
    """Asks for a field of a form."""

    @property
    @abstractmethod
    def field(self) -> str:
        """Which field."""

    def name(self) -> str:
        """Rasa calls action_ask_<slot>."""
        return f"action_ask_{self.field}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        """The question; not again right after a problem that says what is expected."""
        turn = Turn(tracker)
        language = SlotSet("language", turn.language)
        if not tracker.get_slot("form_problem"):
            utter(dispatcher, self.question(turn))
        return [language, SlotSet("form_problem", None)]

    def question(self, turn: Turn) -> Answer:
        """The question for the field."""
        form = open_form(turn.tracker)
        return requests.ask(self.field, turn.situation, form=form, again=spoke_this_turn(turn.tracker))


class AskCompetitorUrl(AskField):
    """Whose site to look at."""

    field = "competitor_url"


class AskEmail(AskField):
    """Where to send the findings."""

    field = "email"


class AskConsent(AskField):
    """Whether we may keep the details."""

    field = "consent"


class AskName(AskField):
    """Who it is."""

    field = "name"


class AskContact(AskField):
    """How to reach them."""

    field = "contact"


class AskMoment(AskField):
    """When it suits."""

    field = "moment"


class AskConfirmed(AskField):
    """Whether the summary is right."""

    field = "confirmed"

    def question(self, turn: Turn) -> Answer:
        """The summary of the open form."""
        kind = open_form(turn.tracker)
        return requests.summary(kind, {field: turn.tracker.get_slot(field) for field in FIELDS[kind]}, turn.situation)


def open_form(tracker: Tracker) -> Kind:
    """The form that is open, or was when the last one closed."""
    name = (tracker.active_loop or {}).get("name") or next(
        event["name"] for event in reversed(tracker.events) if event["event"] == "active_loop" and event.get("name")
    )
    return "appointment" if name == "appointment_form" else "competitor_check"


class SubmitRequest(Action):
    """The form is complete: store the request, then say so."""

    def name(self) -> str:
        """The name that the rules use."""
        return "action_submit_request"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        """Stores in a thread: the database must not stall other conversations."""
        turn = Turn(tracker)
        situation = turn.situation
        kind = open_form(tracker)
        if tracker.get_slot("consent") is False:
            answer = requests.not_stored("no_consent", situation)
            utter(dispatcher, answer)
            return [*remember(turn, answer), *forget_fields()]
        fields = {field: str(tracker.get_slot(field)) for field in FIELDS[kind]}
        facts = {"conversation": tracker.sender_id, "language": turn.language, "phase": situation.phase}
        try:
            submitted = await asyncio.to_thread(submit, kind, fields, **facts)
        except (SQLAlchemyError, OSError):
            logger.exception("A request of conversation %s could not be stored", tracker.sender_id)
            answer = requests.store_failed(kind, situation)
            utter(dispatcher, answer)
            return [*remember(turn, answer), SlotSet("confirmed", None)]  # the rest stays, for the next try
        answer = requests.stored(kind, submitted.number, submitted.due, situation, new=submitted.new)
        utter(dispatcher, answer)
        return [*remember(turn, answer), *forget_fields()]


class CancelRequest(AnswerAction):
    """ "Laat maar" in a form."""

    action_name = "action_cancel_request"
    ends_form = True

    def answer(self, turn: Turn) -> Answer:
        """Nothing was sent."""
        return requests.not_stored("cancelled", turn.situation)

    def events(self, turn: Turn) -> list[Event]:
        """The fields are emptied."""
        return forget_fields()
