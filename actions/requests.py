"""Actions of the two forms: ask for a field, validate, store, cancel. bot/forms decides."""

from __future__ import annotations

import asyncio
import logging

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.turn import Action, Result, Turn, clear, remember
from bot.advice import requests
from bot.advice.answer import Answer
from bot.errors import StorageError
from bot.forms.dialogue import FIELDS, FormMessage, Kind, fill, prefill
from bot.forms.request import Origin, build_request

logger = logging.getLogger(__name__)

ALL_FIELDS = tuple(dict.fromkeys(field for fields in FIELDS.values() for field in fields))
FORM_SLOTS = (*ALL_FIELDS, "form_problem")
"""Slots to clear when a form ends."""


def validate(kind: Kind) -> Action:
    """validate_<form>: fills the form from the message. Without events Rasa lets another rule answer a question."""

    async def action(turn: Turn) -> Result:
        requested = turn.tracker.get_slot("requested_slot")
        now = turn.services.now()
        country = turn.situation.knowledge.agency.country
        message = FormMessage(turn.text, turn.intent, turn.confidence, country, now)
        filled = fill(kind, requested, message) if requested else prefill(kind, message)
        answers: tuple[Answer, ...] = ()
        events = [SlotSet(field, value) for field, value in filled.values.items()]
        if filled.problem:
            answers = (requests.problem(filled.problem, turn.situation),)
            events.append(SlotSet("form_problem", filled.problem))
        if filled.values.get("consent") is False:
            events.append(SlotSet("requested_slot", None))  # ends the form
        return Result(answers, tuple(events))

    return action


def ask(field: str) -> Action:
    """action_ask_<slot>: the question for a field; nothing right after a problem, which says what is expected."""

    async def action(turn: Turn) -> Result:
        events = (SlotSet("language", turn.language), SlotSet("form_problem", None))
        if turn.tracker.get_slot("form_problem"):
            return Result((), events)
        kind, situation = active_form(turn.tracker), turn.situation
        if field == "confirmed":
            answer = requests.summary(kind, {name: turn.tracker.get_slot(name) for name in FIELDS[kind]}, situation)
        else:
            answer = requests.ask(field, situation, form=kind, again=has_answered(turn.tracker))
        return Result((answer,), events)

    return action


async def submit(turn: Turn) -> Result:
    """Stores the request of a completed form, and confirms it."""
    situation, kind = turn.situation, active_form(turn.tracker)
    if turn.tracker.get_slot("consent") is False:
        answer = requests.not_stored("no_consent", situation)
        return Result((answer,), (*remember(turn, answer), *clear(FORM_SLOTS)))
    fields = {field: str(turn.tracker.get_slot(field)) for field in FIELDS[kind]}
    origin = Origin(turn.tracker.sender_id, turn.language, situation.phase)
    request = build_request(kind, fields, origin, situation.knowledge.agency, turn.services.now().date())
    try:
        number, is_new = await asyncio.to_thread(turn.services.requests.add, request)
    except StorageError:
        logger.exception("request of conversation %s not stored", turn.tracker.sender_id)
        answer = requests.store_failed(kind, situation)
        return Result((answer,), (*remember(turn, answer), *clear(("confirmed",))))  # the other fields are kept
    answer = requests.stored(kind, number, request.due, situation, new=is_new)
    return Result((answer,), (*remember(turn, answer), *clear(FORM_SLOTS)))


def cancelled(turn: Turn) -> Answer:
    """Says that nothing was sent."""
    return requests.not_stored("cancelled", turn.situation)


def has_answered(tracker: Tracker) -> bool:
    """Whether an action has answered since the visitor's last message."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "bot":
            return True
    return False


def active_form(tracker: Tracker) -> Kind:
    """The active form, or the last one that was."""
    name = (tracker.active_loop or {}).get("name") or next(
        event["name"] for event in reversed(tracker.events) if event["event"] == "active_loop" and event.get("name")
    )
    return "appointment" if name == "appointment_form" else "competitor_check"
