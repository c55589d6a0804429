"""Requests of visitors arrive in the team's channel, and the team says who handles them.

A request is posted once, however often Slack is down: what is not known to stand there is tried again, and before
that looked for.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, Block, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from bot.advice.situation import Situation
from bot.chat.slack.conversations import UNREACHABLE, Desk, insist, passes
from bot.forms.working_days import in_words
from bot.knowledge import load_knowledge
from bot.presentation.slack import MAX_FIELD, SlackMessage, button, context, cut, escape
from bot.settings import settings
from bot.storage.requests import IntakeStore, PostState, Status, StoredRequest, intake_store

logger = logging.getLogger(__name__)

Json = dict[str, Any]

LOOK_EVERY = 2.0
"""Seconds between looks for new requests; they may come from any channel and any process."""
WAIT_AT_MOST = 300.0
"""Seconds between tries while Slack is down."""
YOUNGER_THAN = timedelta(days=7)
"""Older requests are no news: they are not posted when Slack is connected for the first time."""
CLAIMED_FOR = timedelta(seconds=60)
EVENT = "klantkompas_request"
"""Marks our posts, so that one whose answer was lost on the way is found again."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Tells bolt which listener hears the buttons under a request."""

    async def change(body: Json, number: int, status: Status) -> None:
        store = intake_store(settings().intake_db)
        await asyncio.to_thread(store.set_status, number, status, f"<@{body['user']['id']}>")
        message = await asyncio.to_thread(_message, store, number)
        place = body["container"]
        await insist(
            lambda: desk.client.chat_update(
                channel=place["channel_id"], ts=place["message_ts"], text=message.text, blocks=message.blocks
            )
        )

    @app.action("take_request")
    async def take(ack: AsyncAck, body: Json, action: Json) -> None:
        """Somebody handles it."""
        await ack()
        desk.soon(change(body, int(action["value"]), "taken"))

    @app.action("finish_request")
    async def finish(ack: AsyncAck, body: Json, action: Json) -> None:
        """It has been handled."""
        await ack()
        desk.soon(change(body, int(action["value"]), "done"))


async def watch(desk: Desk, channel: str) -> None:
    """Posts every new request in a channel. Runs until cancelled."""
    store, wait = intake_store(settings().intake_db), LOOK_EVERY
    while True:
        try:
            await post_new(desk, store, channel)
            wait = LOOK_EVERY
        except (SlackApiError, *UNREACHABLE) as error:
            wait = min(wait * 2, WAIT_AT_MOST)
            reason = error.response.get("error") if isinstance(error, SlackApiError) else error
            logger.warning("A request could not be posted in Slack (%s); trying again in %.0f s", reason, wait)
        except Exception:
            wait = min(wait * 2, WAIT_AT_MOST)
            logger.exception("Posting requests in Slack failed; trying again in %.0f s", wait)
        await asyncio.sleep(wait)


async def post_new(desk: Desk, store: IntakeStore, channel: str) -> None:
    """Posts the requests that the team was not told of. Raises SlackApiError and what UNREACHABLE names.

    One that Slack does not take is no reason to keep the others back: its error is raised when they have been posted.
    """
    failed: Exception | None = None
    for request in await asyncio.to_thread(store.to_post, YOUNGER_THAN, CLAIMED_FOR):
        claimed = await asyncio.to_thread(store.claim, request.number, CLAIMED_FOR)
        if claimed is None:
            continue
        try:
            ts = await _find(desk, request, channel) if claimed == "again" else None
            ts = ts or await _post(desk, store, request, channel)
        except Exception as error:
            await asyncio.to_thread(store.release, request.number)
            if isinstance(error, UNREACHABLE) or (isinstance(error, SlackApiError) and passes(error)):
                raise  # Slack is down or busy, and would not take the others either
            failed = failed or error
        else:
            await asyncio.to_thread(store.posted, request.number, f"{channel} {ts}")
    if failed is not None:
        raise failed


async def _post(desk: Desk, store: IntakeStore, request: StoredRequest, channel: str) -> str:
    message = await asyncio.to_thread(_message, store, request.number)
    answer = await desk.client.chat_postMessage(
        channel=channel,
        text=message.text,
        blocks=message.blocks,
        metadata={"event_type": EVENT, "event_payload": {"number": request.number}},
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(answer["ts"])


async def _find(desk: Desk, request: StoredRequest, channel: str) -> str | None:
    """The ts of a request's post, if it stands there although we were not told so."""
    since = request.created_at.replace(tzinfo=ZoneInfo("UTC")).timestamp() - 60
    history = await desk.client.conversations_history(
        channel=channel, oldest=str(since), include_all_metadata=True, limit=200
    )
    for message in history["messages"]:
        told = message.get("metadata") or {}
        if told.get("event_type") == EVENT and told.get("event_payload", {}).get("number") == request.number:
            return str(message["ts"])
    return None


def _message(store: IntakeStore, number: int) -> SlackMessage:
    """A request with its facts, and who handles it. One that was deleted leaves no facts behind here either."""
    try:
        return draw(store.get(number), store.state(number))
    except KeyError:
        gone = (
            load_knowledge(settings().knowledge)
            .slack["request_gone"]
            .in_(settings().slack_language)
            .format(number=number)
        )
        return SlackMessage(gone, [context(escape(gone)).to_dict()])


def draw(stored: StoredRequest, state: PostState) -> SlackMessage:
    """A request as the team sees it."""
    request, language = stored.request, settings().slack_language
    situation = Situation(load_knowledge(settings().knowledge), language)
    phrases = situation.knowledge.slack

    def say(key: str, **values: object) -> str:
        return phrases[key].in_(language).format(**values)

    title = say(f"request_{request.kind}", number=stored.number)
    facts = {situation.say(f"label_{name}"): value for name, value in request.fields.items()}
    facts[say("request_due")] = in_words(request.due, language)
    facts[say("request_language")] = say(f"language_{request.language}")
    if request.phase:
        facts[say("request_phase")] = situation.knowledge.phases[request.phase].name.in_(language)  # type: ignore[index]
    fields = [
        MarkdownTextObject(text=cut(f"*{escape(name)}*\n{escape(value)}", MAX_FIELD), verbatim=True)
        for name, value in facts.items()
    ]
    channel = f"channel_{request.conversation.partition('-')[0]}"
    came_in_by = say(channel if channel in phrases else "channel_other")
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=title)),
        SectionBlock(fields=fields),
        context(escape(say("request_from", channel=came_in_by))),
    ]
    if state.status != "open" and state.person:
        moment = _moment(state.changed_at)
        blocks.append(context(say(f"{state.status}_by", person=state.person, moment=moment)))
    value = str(stored.number)
    buttons = []
    if state.status == "open":
        buttons.append(button(say("take"), "take_request", value, "primary"))
    if state.status != "done":
        buttons.append(button(say("done"), "finish_request", value))
        blocks.append(ActionsBlock(elements=buttons))
    return SlackMessage(title, [block.to_dict() for block in blocks])


def _moment(at: datetime | None) -> str:
    local = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(settings().time_zone)) if at else None
    locale = "nl_NL" if settings().slack_language == "nl" else "en_GB"
    return str(format_datetime(local, "d MMM HH:mm", locale=locale)) if local else ""
