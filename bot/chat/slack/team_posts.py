"""Posts requests of visitors in the team's channel, with buttons by which the team takes and finishes them.

A request is posted once: it is claimed in the database first, and after a failure the channel's history is searched
for it before it is posted again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.background import every
from bot.chat.slack.client import is_transient, retry
from bot.chat.slack.conversations import SlackConversations
from bot.errors import StorageError
from bot.forms.working_days import format_day
from bot.knowledge import Language
from bot.knowledge.models import Text
from bot.presentation.slack import MAX_FIELD, SlackMessage, button, context, cut, escape
from bot.services import Services
from bot.storage.requests import PostState, Status, StoredRequest
from bot.storage.visits import Visit

logger = logging.getLogger(__name__)

Json = dict[str, Any]

POLL_INTERVAL = 2.0
"""Seconds between searches for new requests, which any channel of any server may have stored."""
MAX_RETRY_AFTER = 300.0
"""Seconds between attempts while Slack is down."""
MAX_AGE = timedelta(days=7)
"""Older requests are not posted, for instance when Slack is connected for the first time."""
CLAIM_TIMEOUT = timedelta(seconds=60)
"""After which another process may post a request."""
MAX_CONTEXT = 1000
"""Characters of where a request was made."""
EVENT_TYPE = "klantkompas_request"
"""Message metadata by which a post is found again."""


class TeamPosts:
    """The requests in the team's channel."""

    def __init__(self, conversations: SlackConversations, channel: str) -> None:
        """`channel` is Slack's id of the channel, or empty: then nothing is posted."""
        self._conversations = conversations
        self._client = conversations.client
        self._services = conversations.services
        self._requests = conversations.services.requests
        self._channel = channel

    def register(self, app: AsyncApp) -> None:
        """Adds the listeners of the buttons to a bolt app."""
        app.action("take_request")(self.take)
        app.action("finish_request")(self.finish)

    async def take(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """Listener: a member of the team takes a request."""
        await ack()
        self._conversations.spawn(self._set_status(body, int(action["value"]), "taken"))

    async def finish(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """Listener: a request is done."""
        await ack()
        self._conversations.spawn(self._set_status(body, int(action["value"]), "done"))

    async def watch(self) -> None:
        """Posts new requests. Runs until cancelled."""
        await every(
            POLL_INTERVAL,
            self.post_new,
            "posting requests in Slack",
            retry_after=2 * POLL_INTERVAL,
            max_retry_after=MAX_RETRY_AFTER,
            is_transient=lambda error: is_transient(error) or isinstance(error, SlackApiError | StorageError),
        )

    async def post_new(self) -> None:
        """Posts all requests that are not posted yet.

        Raises:
            Exception: The first error. A request that Slack refuses does not hold back the others, a Slack that is down
                does.
        """
        first_error: Exception | None = None
        for request in await asyncio.to_thread(self._requests.to_post, MAX_AGE, CLAIM_TIMEOUT):
            claim = await asyncio.to_thread(self._requests.claim, request.number, CLAIM_TIMEOUT)
            if claim is None:
                continue
            try:
                ts = await self._find(request) if claim == "again" else None
                ts = ts or await self._post(request.number)
            except Exception as error:
                await asyncio.to_thread(self._requests.release, request.number)
                if is_transient(error):
                    raise
                first_error = first_error or error
            else:
                await asyncio.to_thread(self._requests.posted, request.number, f"{self._channel} {ts}")
        if first_error is not None:
            raise first_error

    async def _set_status(self, body: Json, number: int, status: Status) -> None:
        await asyncio.to_thread(self._requests.set_status, number, status, f"<@{body['user']['id']}>")
        message = await asyncio.to_thread(self._message, number)
        post = {"channel": body["container"]["channel_id"], "ts": body["container"]["message_ts"]}
        await retry(partial(self._client.chat_update, **post, text=message.text, blocks=message.blocks))

    async def _post(self, number: int) -> str:
        message = await asyncio.to_thread(self._message, number)
        response = await self._client.chat_postMessage(
            channel=self._channel,
            text=message.text,
            blocks=message.blocks,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"number": number}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(response["ts"])

    async def _find(self, request: StoredRequest) -> str | None:
        """The ts of a post whose confirmation was lost; None if there is no such post."""
        since = request.created_at.replace(tzinfo=ZoneInfo("UTC")).timestamp() - 60
        history = await self._client.conversations_history(
            channel=self._channel, oldest=str(since), include_all_metadata=True, limit=200
        )
        for message in history["messages"]:
            metadata = message.get("metadata") or {}
            is_post = metadata.get("event_type") == EVENT_TYPE
            if is_post and metadata.get("event_payload", {}).get("number") == request.number:
                return str(message["ts"])
        return None

    def _message(self, number: int) -> SlackMessage:
        """The post of a request; without its details if the request has been deleted."""
        try:
            return render_request(self._requests.get(number), self._requests.state(number), self._services)
        except KeyError:
            text = self._services.knowledge.slack["request_gone"].localized(self._services.settings.slack_language)
            text = text.format(number=number)
            return SlackMessage(text, [context(escape(text)).to_dict()])


def render_request(stored: StoredRequest, state: PostState, services: Services) -> SlackMessage:
    """The post of a request."""
    request, language = stored.request, services.settings.slack_language
    situation = services.situation(language)
    phrases = situation.knowledge.slack

    def say(key: str, **values: object) -> str:
        return phrases[key].localized(language).format(**values)

    title = say(f"request_{request.kind}", number=stored.number)
    facts = {situation.say(f"label_{name}"): value for name, value in request.fields.items()}
    facts[say("request_due")] = format_day(request.due, language)
    facts[say("request_language")] = say(f"language_{request.language}")
    if request.phase:
        facts[say("request_phase")] = situation.knowledge.phases[request.phase].name.localized(language)  # type: ignore[index]
    fields = [
        MarkdownTextObject(text=cut(f"*{escape(name)}*\n{escape(value)}", MAX_FIELD), verbatim=True)
        for name, value in facts.items()
    ]
    channel = f"channel_{request.conversation.partition('-')[0]}"
    channel_name = say(channel if channel in phrases else "channel_other")
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=title)),
        SectionBlock(fields=fields),
        context(escape(say("request_from", channel=channel_name))),
    ]
    if stored.visit:
        text = _where(stored.visit, phrases, language)
        blocks.append(ContextBlock(elements=[PlainTextObject(text=cut(text, MAX_CONTEXT), emoji=False)]))
    if state.status != "open" and state.person:
        moment = local_time(state.changed_at, services)
        blocks.append(context(say(f"{state.status}_by", person=state.person, moment=moment)))
    value = str(stored.number)
    buttons = []
    if state.status == "open":
        buttons.append(button(say("take"), "take_request", value, "primary"))
    if state.status != "done":
        buttons.append(button(say("done"), "finish_request", value))
        blocks.append(ActionsBlock(elements=buttons))
    return SlackMessage(title, [block.to_dict() for block in blocks])


def _where(visit: Visit, phrases: Mapping[str, Text], language: Language) -> str:
    """Where a request was made, as plain text: a stranger's words, in which nothing is a link or a mention."""
    title = f"{visit.title} ({visit.address})" if visit.title else visit.address
    campaign = ", ".join(f"{key.removeprefix('utm_')} {value}" for key, value in visit.campaign.items())
    values = {"request_page": title, "request_referrer": visit.referrer, "request_campaign": campaign}
    parts = [phrases[key].localized(language).format(value=value) for key, value in values.items() if value]
    return " · ".join(parts)


def local_time(at: datetime | None, services: Services) -> str:
    """A moment (UTC) as the team reads it; empty without one."""
    if at is None:
        return ""
    local = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(services.settings.time_zone))
    locale = "nl_NL" if services.settings.slack_language == "nl" else "en_GB"
    return str(format_datetime(local, "d MMM HH:mm", locale=locale))
