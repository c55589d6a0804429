"""The forms of requests as windows with fields."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View
from sqlalchemy.exc import SQLAlchemyError

from bot.advice import requests
from bot.advice.answer import Answer
from bot.advice.situation import Situation
from bot.chat import turns as conversation
from bot.chat.slack.conversations import UNREACHABLE, Desk, NotHere
from bot.chat.slack.threads import Place
from bot.forms.dialogue import FIELDS, Kind
from bot.forms.modal import check
from bot.forms.submission import now, submit
from bot.knowledge import Language, load_knowledge
from bot.presentation import slack
from bot.presentation.slack import context
from bot.settings import settings

logger = logging.getLogger(__name__)

Json = dict[str, Any]

FORMS: dict[str, Kind] = {f"/request_{kind}": kind for kind in FIELDS}
"""The payloads of buttons that ask for a request: here they open its form."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Tells bolt which listener hears what."""

    @app.view("request_form")
    async def sent(ack: AsyncAck, body: Json, view: Json) -> None:
        """The form comes back: problems under their fields, or stored and confirmed."""
        told = json.loads(view["private_metadata"])
        kind: Kind = told["kind"]
        place, user = Place.of(told["conversation"]), body["user"]["id"]
        language: Language = told["language"]
        situation = Situation(load_knowledge(settings().knowledge), language, phase=told["phase"])
        checked = check(kind, _values(view), situation.knowledge.agency.country, now())
        if checked.problems:
            errors = {field: _problem(key, situation) for field, key in checked.problems.items()}
            await ack(response_action="errors", errors=errors)
            return
        store = partial(submit, conversation=place.conversation, language=language, phase=situation.phase)
        try:
            submitted = await asyncio.to_thread(store, kind, checked.fields)
        except (SQLAlchemyError, OSError):
            logger.exception("A request of conversation %s could not be stored", place.conversation)
            await ack(response_action="errors", errors={FIELDS[kind][0]: situation.say("store_failed")})
            return
        await ack()
        answer = requests.stored(kind, submitted.number, submitted.due, situation, new=submitted.new)
        desk.soon(_confirm(desk, place, user, answer), place, user)


async def show(desk: Desk, kind: Kind, body: Json, place: Place, respond: AsyncRespond) -> None:
    """Opens the form of a request, with what the conversation gave already."""
    language = await desk.language_of(body["user"]["id"])
    slots: Json = {}
    if desk.agent is not None:
        tracker = await desk.agent.tracker_store.retrieve(place.conversation)
        slots = tracker.current_slot_values() if tracker else {}
    language = slots.get("language") or language
    try:
        form = _form(kind, place, language, slots)
        await desk.client.views_open(trigger_id=body["trigger_id"], view=form)
    except (SlackApiError, *UNREACHABLE):
        logger.exception("A form could not be opened")
        text = load_knowledge(settings().knowledge).slack["form_late"].in_(language)
        await respond(text=text, response_type="ephemeral", replace_original=False)


async def _confirm(desk: Desk, place: Place, user: str, answer: Answer) -> None:
    """Says where the form was opened that the request was sent; else in a direct message."""
    await _leave_form(desk, place)
    await asyncio.to_thread(desk.store.add_answers, place.conversation, [answer])
    try:
        await desk.post(place, desk.messages(answer))
    except NotHere:  # asked by /advies in a channel where we are no member
        direct = await desk.client.conversations_open(users=user)
        await desk.post(Place(place.team, direct["channel"]["id"]), desk.messages(answer))


async def _leave_form(desk: Desk, place: Place) -> None:
    """Ends the same form in the conversation, if it was begun there; that is not said, since the request was sent."""
    if desk.agent is None:
        return
    tracker = await desk.agent.tracker_store.retrieve(place.conversation)
    if tracker and tracker.active_loop_name:
        await conversation.answer(desk.agent, "/cancel", place.conversation, "slack", pressed=True)


def _form(kind: Kind, place: Place, language: Language, slots: Json) -> Json:
    knowledge = load_knowledge(settings().knowledge)

    def say(key: str) -> str:
        return knowledge.slack[key].in_(language)

    blocks: list[Block] = []
    for field in FIELDS[kind]:
        if field == "confirmed":
            continue
        element: InputInteractiveElement
        if field == "consent":
            element = CheckboxesElement(options=[Option(text=PlainTextObject(text=say("consent_option")), value="yes")])
        else:
            element = PlainTextInputElement(initial_value=slots.get(field) or None, max_length=200)
        element.action_id = "value"
        blocks.append(InputBlock(block_id=field, label=PlainTextObject(text=say(f"field_{field}")), element=element))
    blocks.append(context(slack.escape(knowledge.agency.privacy.in_(language))))
    told = {"kind": kind, "conversation": place.conversation, "language": language, "phase": slots.get("phase")}
    view = View(
        type="modal",
        callback_id="request_form",
        title=PlainTextObject(text=say(f"form_title_{kind}")),
        submit=PlainTextObject(text=say("form_send")),
        close=PlainTextObject(text=say("form_cancel")),
        blocks=blocks,
        private_metadata=json.dumps(told),
    )
    return dict(view.to_dict())


def _values(view: Json) -> dict[str, str | bool]:
    """What was filled in: texts by field, and whether a box was ticked."""
    values: dict[str, str | bool] = {}
    for field, elements in view["state"]["values"].items():
        element = elements["value"]
        ticked = element.get("selected_options")
        values[field] = bool(ticked) if ticked is not None else element.get("value") or ""
    return values


def _problem(key: str, situation: Situation) -> str:
    if key in situation.knowledge.slack:
        return situation.knowledge.slack[key].in_(situation.language)
    return situation.say(key)
