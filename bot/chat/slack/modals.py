"""The forms of requests as modals."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from slack_bolt.async_app import AsyncAck
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

from bot.advice import form_answers
from bot.advice.answer import Answer
from bot.advice.situation import Situation
from bot.chat.slack.client import NETWORK_ERRORS
from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.threads import Recipient, SlackThread
from bot.chat.turns import IncomingMessage
from bot.errors import ChannelUnavailableError, StorageError
from bot.forms.fields import CONFIRMED, CONSENT, FORMS, Kind, ParseContext
from bot.forms.modal import validate
from bot.forms.request import Origin, build_request
from bot.knowledge import Knowledge, Language
from bot.presentation import slack
from bot.presentation.slack import context

logger = logging.getLogger(__name__)

Json = dict[str, Any]

FORM_PAYLOADS: dict[str, Kind] = {f"/request_{kind}": kind for kind in FORMS}
"""Payloads of buttons that start a form: in Slack they open its modal."""


class RequestForms:
    """Opens modals, and stores the requests that are submitted with them."""

    def __init__(self, conversations: SlackConversations) -> None:
        """Takes the conversations in which requests are confirmed."""
        self._conversations = conversations
        self._services = conversations.services

    async def open(self, kind: Kind, recipient: Recipient, trigger_id: str) -> None:
        """Opens the modal of a request, with the fields that the conversation has filled already."""
        thread = recipient.thread
        slots = await self._conversations.turns.assistant.slots(thread.conversation)
        language = slots.get("language") or await self._conversations.language_of(recipient.user)
        metadata = {"kind": kind, "conversation": thread.conversation, "language": language}
        view = _view(self._services.knowledge, {**metadata, "phase": slots.get("phase")}, slots)
        try:
            await self._conversations.client.views_open(trigger_id=trigger_id, view=view)
        except (SlackApiError, *NETWORK_ERRORS):
            logger.exception("modal not opened")
            await self._conversations.send_notice(recipient, "form_late")

    async def submitted(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """Listener: shows problems under their fields, or stores the request and confirms it."""
        metadata = json.loads(view["private_metadata"])
        kind: Kind = metadata["kind"]
        thread = SlackThread.of(metadata["conversation"])
        situation = Situation(self._services.knowledge, metadata["language"], phase=metadata["phase"])
        now = self._services.now()
        agency = situation.knowledge.agency
        result = validate(kind, _values(view), ParseContext(agency.country, now))
        if result.problems:
            errors = {field: _problem(key, situation) for field, key in result.problems.items()}
            await ack(response_action="errors", errors=errors)
            return
        origin = Origin(thread.conversation, situation.language, situation.phase)
        request = build_request(kind, result.values, origin, agency, now.date())
        try:
            number, is_new = await asyncio.to_thread(self._services.requests.add, request)
        except StorageError:
            logger.exception("request of conversation %s not stored", thread.conversation)
            await ack(response_action="errors", errors={FORMS[kind][0].name: situation.say("store_failed")})
            return
        await ack()
        answer = form_answers.stored(kind, number, request.due, situation, new=is_new)
        recipient = Recipient(thread, body["user"]["id"])
        self._conversations.spawn(self._confirm(recipient, answer), recipient)

    async def _confirm(self, recipient: Recipient, answer: Answer) -> None:
        """Confirms a request where its modal was opened, else in a direct message."""
        conversations, thread = self._conversations, recipient.thread
        await self._leave_form(thread.conversation)
        await asyncio.to_thread(self._services.messages.add_answers, thread.conversation, [answer])
        try:
            await conversations.post(recipient, await conversations.render(answer))
        except ChannelUnavailableError:  # after /advies in a channel of which the app is not a member
            direct = await conversations.client.conversations_open(users=recipient.user)
            to_user = SlackThread(thread.team, direct["channel"]["id"])
            await conversations.post(Recipient(to_user, recipient.user), await conversations.render(answer))

    async def _leave_form(self, conversation: str) -> None:
        """Ends the form of the conversation, if it was started there too. Its answer is not shown."""
        turns = self._conversations.turns
        if await turns.assistant.has_active_form(conversation):
            await turns.answer(IncomingMessage("/cancel", conversation, is_payload=True))


def _view(knowledge: Knowledge, metadata: Json, slots: Any) -> Json:
    """The modal of a form; `metadata` comes back with the submission."""
    kind: Kind = metadata["kind"]
    language: Language = metadata["language"]

    def say(key: str) -> str:
        return knowledge.slack[key].localized(language)

    blocks: list[Block] = []
    for field in FORMS[kind]:
        if field is CONFIRMED:
            continue
        element: InputInteractiveElement
        if field is CONSENT:
            element = CheckboxesElement(options=[Option(text=PlainTextObject(text=say("consent_option")), value="yes")])
        else:
            element = PlainTextInputElement(initial_value=slots.get(field.name) or None, max_length=200)
        element.action_id = "value"
        label = PlainTextObject(text=say(f"field_{field.name}"))
        blocks.append(InputBlock(block_id=field.name, label=label, element=element))
    blocks.append(context(slack.escape(knowledge.agency.privacy.localized(language))))
    view = View(
        type="modal",
        callback_id="request_form",
        title=PlainTextObject(text=say(f"form_title_{kind}")),
        submit=PlainTextObject(text=say("form_send")),
        close=PlainTextObject(text=say("form_cancel")),
        blocks=blocks,
        private_metadata=json.dumps(metadata),
    )
    return dict(view.to_dict())


def _values(view: Json) -> dict[str, str | bool]:
    """The submitted values by field: texts, and whether the box is ticked."""
    values: dict[str, str | bool] = {}
    for field, elements in view["state"]["values"].items():
        element = elements["value"]
        ticked = element.get("selected_options")
        values[field] = bool(ticked) if ticked is not None else element.get("value") or ""
    return values


def _problem(key: str, situation: Situation) -> str:
    if key in situation.knowledge.slack:
        return situation.knowledge.slack[key].localized(situation.language)
    return situation.say(key)
