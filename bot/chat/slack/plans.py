"""Plans in Slack: the team ticks off steps, and asks for a reminder.

What was ticked is stored as on the page of the plan (bot.web.plans); a message shows what is stored.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timezone
from functools import partial

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError

from bot.advice.plan import remind_at
from bot.chat.slack.client import NETWORK_ERRORS, error_code, retry
from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.threads import Json, Recipient
from bot.presentation.slack import SlackMessage, context, escape
from bot.storage.plans import StoredPlan

logger = logging.getLogger(__name__)


class Plans:
    """The check boxes of plans, and their button for a reminder."""

    def __init__(self, conversations: SlackConversations) -> None:
        """Takes the conversations in which plans are shown."""
        self._conversations = conversations
        self._client = conversations.client
        self._services = conversations.services
        self._plans = conversations.services.plans

    def register(self, app: AsyncApp) -> None:
        """Adds the listeners to a bolt app."""
        app.action("tick_step")(self.tick)
        app.action("remind_plan")(self.remind)

    async def tick(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """Listener: a step is ticked off, or on again."""
        await ack()
        recipient = Recipient.of(body, respond)
        token, step, *_ = action["block_id"].split()
        self._conversations.spawn(self._tick(body, recipient, token, step, bool(action["selected_options"])), recipient)

    async def remind(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """Listener: the team wants to be reminded of a plan."""
        await ack()
        recipient = Recipient.of(body, respond)
        token, *_ = action["block_id"].split()
        self._conversations.spawn(self._remind(body, recipient, token), recipient)

    async def _tick(self, body: Json, recipient: Recipient, token: str, step: str, done: bool) -> None:
        await asyncio.to_thread(partial(self._plans.set_done, token, step, done=done))
        if recipient.thread.only_for is None:
            async with self._conversations.turns.assistant.lock(f"plan {token}", None):
                await self._show(body, recipient, token, await self._get(token))
        elif await self._get(token) is None:  # Slack shows the tick itself; chat.update can't change ephemeral messages
            await self._conversations.send_notice(recipient, "plan_gone")

    async def _remind(self, body: Json, recipient: Recipient, token: str) -> None:
        """Schedules the reminder, unless it is scheduled already; then shows when it will come."""
        async with self._conversations.turns.assistant.lock(f"plan {token}", None):
            stored = await self._get(token)
            if stored is not None and stored.pending_reminder is None:
                at = remind_at(self._services.now(), self._services.knowledge.agency.country)
                try:
                    await self._schedule(body, recipient, stored, int(at.timestamp()))
                except (SlackApiError, *NETWORK_ERRORS) as error:
                    reason = error_code(error) if isinstance(error, SlackApiError) else error
                    logger.warning("reminder of a plan not scheduled: %s", reason)
                    await self._conversations.send_notice(recipient, "plan_reminder_refused")
                    return
                await asyncio.to_thread(
                    self._plans.set_reminder, token, at.astimezone(timezone.utc).replace(tzinfo=None)
                )
                stored = await self._get(token)
            await self._show(body, recipient, token, stored)

    async def _schedule(self, body: Json, recipient: Recipient, stored: StoredPlan, post_at: int) -> None:
        """Lets Slack post a link to the message with the plan.

        The text is fixed from now on, so it holds nothing of the plan: what is done by then stands in that message, and
        if the plan is deleted meanwhile, none of it is left in the reminder.
        """
        thread = recipient.thread
        permalink = await self._client.chat_getPermalink(channel=thread.channel, message_ts=body["message"]["ts"])
        text = self._services.knowledge.slack["plan_reminder"].localized(stored.plan.language)
        await self._client.chat_scheduleMessage(
            channel=thread.channel,
            thread_ts=thread.thread,
            post_at=post_at,
            text=text.format(link=escape(permalink["permalink"])),
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _get(self, token: str) -> StoredPlan | None:
        return await asyncio.to_thread(self._plans.get, token)

    async def _show(self, body: Json, recipient: Recipient, token: str, stored: StoredPlan | None) -> None:
        """Updates the message to what is stored; if the plan is gone, takes its steps out of Slack too."""
        message = body["message"]
        if stored is None:
            language = await self._conversations.language_of(recipient.user)
            text = self._services.knowledge.slack["plan_gone"].localized(language)
            shown = SlackMessage(text, [context(text).to_dict()])
        else:
            plan = [block.to_dict() for block in self._conversations.plan_blocks(token, stored)]
            shown = SlackMessage(message["text"], _replaced(message["blocks"], token, plan))
        post = {"channel": recipient.thread.channel, "ts": message["ts"]}
        await retry(partial(self._client.chat_update, **post, text=shown.text, blocks=shown.blocks))


def _replaced(blocks: list[Json], token: str, plan: list[Json]) -> list[Json]:
    """The blocks of a message with other blocks for its plan."""
    old = [number for number, block in enumerate(blocks) if block["block_id"].startswith(token)]
    return [*blocks[: old[0]], *plan, *blocks[old[-1] + 1 :]]
