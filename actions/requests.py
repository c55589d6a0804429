"""Actions of the two forms: ask for a field, validate, store, cancel. bot/forms decides."""

from __future__ import annotations

import asyncio
import logging

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.turn import Action, Event, Result, Turn, clear, remember
from bot.advice import form_answers
from bot.advice.answer import Answer, Asked
from bot.errors import StorageError
from bot.forms.dialogue import FormMessage, fill, prefill
from bot.forms.fields import CONFIRMED, FIELDS, FORMS, Field, Kind, ParseContext
from bot.forms.parsing import stops
from bot.forms.request import Origin, build_request

logger = logging.getLogger(__name__)

FORM_SLOTS = (*FIELDS, "form_problem", "summary_outdated")
"""Slots to clear when a form ends."""


def validate(kind: Kind) -> Action:
    """validate_<form>: fills the form from the message. Without events Rasa lets another rule answer a question."""

    async def action(turn: Turn) -> Result:
        requested = turn.tracker.get_slot("requested_slot")
        if requested and turn.intent != "cancel" and not turn.is_button and stops(turn.text):
            return Result((), (SlotSet("consent", False), SlotSet("requested_slot", None)))  # ends the form
        context = ParseContext(turn.situation.knowledge.agency.country, turn.services.now(), turn.language)
        message = FormMessage(turn.text, turn.intent, turn.confidence, context)
        filled = fill(kind, requested, message) if requested else prefill(kind, message)
        answers: tuple[Answer, ...] = ()
        values = dict(filled.values)
        if turn.tracker.get_slot("summary_outdated") and values.get(CONFIRMED.name):
            values = {CONFIRMED.name: None}  # a yes after a refused correction: show the summary again first
        events = [SlotSet(field, value) for field, value in values.items()]
        if filled.problem:
            asked = _asked(kind, requested, filled.problem)
            answers = (form_answers.problem(filled.problem, turn.situation, asked),)
            events.append(SlotSet("form_problem", filled.problem))
            events.append(SlotSet("summary_outdated", requested == CONFIRMED.name))
        if values.get("consent") is False:
            events.append(SlotSet("requested_slot", None))  # ends the form
        return Result(answers, tuple(events))

    return action


def ask(field: Field) -> Action:
    """action_ask_<slot>: the question for a field; nothing right after a problem, which says what is expected."""

    async def action(turn: Turn) -> Result:
        events: tuple[Event, ...] = (SlotSet("language", turn.language), SlotSet("form_problem", None))
        if turn.tracker.get_slot("form_problem"):
            return Result((), events)
        kind, situation = active_form(turn.tracker), turn.situation
        again = has_answered(turn.tracker)
        if field.is_text and again and asked_before(turn.tracker):
            return Result((), events)  # the visitor has just read the question: wait a turn
        if field is CONFIRMED:
            events = (*events, SlotSet("summary_outdated", False))
            answer = form_answers.summary(kind, _values(turn, kind), situation, turn.services.now())
        else:
            answer = form_answers.ask(field, situation, form=kind, again=again)
        return Result((answer,), events)

    return action


async def submit(turn: Turn) -> Result:
    """Stores the request of a completed form, and confirms it."""
    situation, kind = turn.situation, active_form(turn.tracker)
    if turn.tracker.get_slot("consent") is False:
        answer = form_answers.not_stored("no_consent", situation)
        return Result((answer,), (*remember(turn, answer), *clear(FORM_SLOTS)))
    origin = Origin(turn.tracker.sender_id, turn.language, situation.phase)
    request = build_request(kind, _values(turn, kind), origin, situation.knowledge.agency, turn.services.now().date())
    try:
        number, is_new = await asyncio.to_thread(turn.services.requests.add, request)
    except StorageError:
        logger.exception("request of conversation %s not stored", turn.tracker.sender_id)
        answer = form_answers.store_failed(kind, situation)
        return Result((answer,), (*remember(turn, answer), *clear(("confirmed",))))  # the other fields are kept
    answer = form_answers.stored(kind, number, request.due, situation, new=is_new)
    return Result((answer,), (*remember(turn, answer), *clear(FORM_SLOTS)))


def cancelled(turn: Turn) -> Answer:
    """Says that nothing was sent."""
    return form_answers.not_stored("cancelled", turn.situation)


def _asked(kind: Kind, requested: str | None, problem: str) -> Asked | None:
    """The field that a problem is about; None for a yes or no, and where the value is not what is wrong."""
    field = FIELDS.get(requested or "")
    found = field is not None and field.is_text and problem.startswith(("invalid", "past"))
    return Asked(kind, field.name, wrong=True) if field and found else None


def _values(turn: Turn, kind: Kind) -> dict[str, str]:
    return {field.name: turn.tracker.get_slot(field.name) for field in FORMS[kind]}


def has_answered(tracker: Tracker) -> bool:
    """Whether an action has answered since the visitor's last message."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "bot":
            return True
    return False


def asked_before(tracker: Tracker) -> bool:
    """Whether the turn before this one ended with a question of the form."""
    turns = 0
    for event in reversed(tracker.events):
        turns += event["event"] == "user"
        said = (event.get("data") or {}).get("custom") or {}
        if event["event"] == "bot" and turns == 1 and said.get("form"):
            return True
        if turns > 1:
            break
    return False


def active_form(tracker: Tracker) -> Kind:
    """The active form, or the last one that was."""
    name = (tracker.active_loop or {}).get("name") or next(
        event["name"] for event in reversed(tracker.events) if event["event"] == "active_loop" and event.get("name")
    )
    return "appointment" if name == "appointment_form" else "competitor_check"
