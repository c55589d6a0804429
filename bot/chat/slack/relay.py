"""Posts hand-overs in the team's channel, and what visitors say in their threads.

One server at a time calls Slack for a hand-over, with a claim in the database, and records what Slack has. After a call
whose outcome is unknown, the channel or the thread is searched for it before it is made again.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta, timezone
from functools import partial
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.advice.case import Case
from bot.advice.situation import Situation
from bot.chat.slack.client import error_code, is_transient
from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.handover_posts import MAX_BATCH, is_relayed, render_messages, render_post
from bot.presentation.slack import SlackMessage, context, escape
from bot.storage.handovers import Handover
from bot.storage.messages import Message

logger = logging.getLogger(__name__)

CLAIM_TIMEOUT = timedelta(seconds=60)
"""After which another server may call Slack for a hand-over; a call takes at most half of it."""
EVENT_TYPE = "klantkompas_handover"
"""Message metadata by which posts are found again: the hand-over, and the position of the last message in the post."""

GONE = {"message_not_found", "thread_not_found", "cannot_reply_to_message"}
"""Errors of Slack after somebody deleted the post."""


class Relay:
    """Keeps Slack up to date with the hand-overs and messages that are stored."""

    def __init__(self, conversations: SlackConversations, channel: str) -> None:
        """`channel` is Slack's id of the team's channel."""
        self._client = conversations.client
        self._turns = conversations.turns
        self._services = conversations.services
        self._store = conversations.services.handovers
        self._channel = channel

    async def serve_all(self) -> None:
        """Does what Slack lacks of all hand-overs.

        Raises:
            Exception: The first error. A hand-over that Slack refuses does not hold back the others, a Slack that is
                down does.
        """
        first_error: Exception | None = None
        for number in await asyncio.to_thread(self._store.to_serve):
            try:
                await self.serve(number)
            except Exception as error:
                if is_transient(error):
                    raise
                first_error = first_error or error
        if first_error is not None:
            raise first_error

    async def serve(self, number: int) -> None:
        """Posts what Slack lacks of one hand-over: itself, what was said, its state. Not if another server is at it."""
        while await self._is_due(number):
            claimed = await asyncio.to_thread(self._store.claim, number, CLAIM_TIMEOUT)
            if claimed is None:
                return
            handover, is_repeated = claimed
            try:
                done = await self._call(handover, is_repeated)
            except Exception as error:
                if isinstance(error, SlackApiError) and error_code(error) in GONE:
                    logger.warning("the post of hand-over %s is gone from Slack, so it ends", number)
                    await asyncio.to_thread(self._store.lose, number)
                    await asyncio.to_thread(partial(self._store.release, handover, shown="ended"))
                    return
                # Slack answers a call that it did not do; without an answer it may have done it.
                is_refused = isinstance(error, SlackApiError) and int(getattr(error.response, "status_code", 200)) < 500
                await asyncio.to_thread(partial(self._store.release, handover, uncertain=not is_refused))
                raise
            if not await asyncio.to_thread(partial(self._store.release, handover, **done)):
                logger.warning("hand-over %s: the call took so long that another server took over", number)
                return

    async def remove_details(self, channel: str, ts: str) -> None:
        """Replaces the post of a hand-over that was erased."""
        text = self._services.knowledge.slack["handover_gone"].localized(self._services.settings.slack_language)
        await self._client.chat_update(channel=channel, ts=ts, text=text, blocks=[context(escape(text)).to_dict()])

    async def _is_due(self, number: int) -> bool:
        try:
            handover = await asyncio.to_thread(self._store.get, number)
        except KeyError:  # erased meanwhile
            return False
        if handover.ts is None:
            return handover.state != "ended"
        return handover.shown != handover.state or bool(await self._unrelayed(handover))

    async def _call(self, handover: Handover, is_repeated: bool) -> dict[str, Any]:
        """Makes the next call; returns the columns that follow from it."""
        if handover.ts is None:
            return {} if handover.state == "ended" else await self._post(handover, is_repeated)
        if unrelayed := await self._unrelayed(handover):
            return await self._say(handover, unrelayed, is_repeated)
        if handover.shown == handover.state:
            return {}
        messages = await asyncio.to_thread(self._services.messages.after, handover.conversation, 0)
        post = await self._render(handover, messages)
        assert handover.channel is not None, "it was posted"
        await self._client.chat_update(channel=handover.channel, ts=handover.ts, text=post.text, blocks=post.blocks)
        return {"shown": handover.state}

    async def _post(self, handover: Handover, is_repeated: bool) -> dict[str, Any]:
        messages = await asyncio.to_thread(self._services.messages.after, handover.conversation, 0)
        if is_repeated and (found := await self._find_post(handover)):
            ts, position = found
            # What it shows may be older than the state is now; it is updated next.
            return {"channel": self._channel, "ts": ts, "relayed": position, "posted": position, "shown": "waiting"}
        last = max((message.position for message in messages), default=0)
        post = await self._render(handover, messages)
        response = await self._client.chat_postMessage(
            channel=self._channel, **_content(post), metadata=_metadata(handover, last)
        )
        shown = {"relayed": last, "posted": last, "shown": handover.state}
        return {"channel": self._channel, "ts": str(response["ts"]), **shown}

    async def _say(self, handover: Handover, messages: list[Message], is_repeated: bool) -> dict[str, Any]:
        """Posts messages in the thread, several in one call, so that Slack's rate limit is not reached."""
        if is_repeated and (last := await self._last_in_thread(handover)) > handover.relayed:
            return {"relayed": last}
        said = [message for message in messages if is_relayed(message)][:MAX_BATCH]
        last = (messages if len(said) < MAX_BATCH else said)[-1].position
        if said:
            await self._client.chat_postMessage(
                channel=handover.channel or self._channel,
                thread_ts=handover.ts,
                **_content(render_messages(said, self._services)),
                metadata=_metadata(handover, last),
            )
        return {"relayed": last}

    async def _unrelayed(self, handover: Handover) -> list[Message]:
        """The messages that the thread lacks: all new ones, or those until it ended."""
        messages = await asyncio.to_thread(self._services.messages.after, handover.conversation, handover.relayed)
        if handover.state != "ended":
            return messages
        end = next((m.position for m in messages if m.message_id == handover.notice_id), 0)
        return [message for message in messages if message.position <= end]

    async def _render(self, handover: Handover, messages: list[Message]) -> SlackMessage:
        slots = await self._turns.assistant.slots(handover.conversation)
        case, language = Case.from_json(slots.get("case")), self._services.settings.slack_language
        situation = Situation(self._services.knowledge, language, phase=slots.get("phase"), case=case)
        requests = await asyncio.to_thread(self._services.requests.of, handover.conversation)
        return render_post(handover, situation, messages, requests, self._services)

    async def _find_post(self, handover: Handover) -> tuple[str, int] | None:
        """The ts of a post whose confirmation was lost, and the position of its last message."""
        since = handover.asked_at.replace(tzinfo=timezone.utc).timestamp() - 60
        history = await self._client.conversations_history(
            channel=self._channel, oldest=str(since), include_all_metadata=True, limit=200
        )
        for message in history["messages"]:
            if (position := _position_in(message, handover)) is not None:
                return str(message["ts"]), position
        return None

    async def _last_in_thread(self, handover: Handover) -> int:
        """The position of the last message that the thread has."""
        pages = await self._client.conversations_replies(
            channel=handover.channel or self._channel, ts=str(handover.ts), include_all_metadata=True, limit=200
        )
        positions = [0]
        async for page in pages:
            positions += [_position_in(message, handover) or 0 for message in page["messages"]]
        return max(positions)


def _content(message: SlackMessage) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks, "unfurl_links": False, "unfurl_media": False}


def _metadata(handover: Handover, position: int) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"number": handover.number, "position": position}}


def _position_in(message: dict[str, Any], handover: Handover) -> int | None:
    """The position in the metadata of a post of a hand-over; None for any other message."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    is_own = metadata.get("event_type") == EVENT_TYPE and payload.get("number") == handover.number
    return int(payload.get("position", 0)) if is_own else None
