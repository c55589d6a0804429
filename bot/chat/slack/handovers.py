"""People of the team take over conversations of visitors: the buttons of a hand-over, and messages in its thread.

What is written there is stored as messages of the conversation, once per message in Slack, so that a repeated event, a
restart, or a search of the thread for what was missed changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError

from bot.advice import handovers
from bot.advice.answer import Answer
from bot.background import every, retrying
from bot.chat.guard import storable
from bot.chat.slack.client import NETWORK_ERRORS, is_transient
from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.mrkdwn import link, to_markdown
from bot.chat.slack.relay import Relay
from bot.chat.slack.threads import Json, Recipient
from bot.errors import StorageError
from bot.storage.handovers import Handover

logger = logging.getLogger(__name__)

POLL_INTERVAL = 1.0
"""Seconds between searches for what Slack or a visitor lacks, which any server may have stored."""
MAX_RETRY_AFTER = 60.0
"""Seconds between attempts while Slack is down."""
CATCH_UP_INTERVAL = 60.0
"""Seconds between searches of the threads for messages whose event did not arrive."""
STORE_RETRY_AFTER = (0.5, 2.0, 5.0)
"""Seconds between attempts to store what somebody wrote."""
WRITTEN = (None, "file_share", "thread_broadcast", "me_message")
"""Subtypes of messages that people write."""
DELETED = "tombstone"
"""Subtype of what is left of a deleted message that has replies."""


class Handovers:
    """Conversations that people of the team take over."""

    def __init__(self, conversations: SlackConversations, channel: str, wake: Callable[[str], None]) -> None:
        """Takes what it works with.

        Args:
            conversations: Give Slack's client and the services.
            channel: Slack's id of the team's channel.
            wake: Shows the new messages of a conversation on the open pages of its visitor.
        """
        self._conversations = conversations
        self._client = conversations.client
        self._services = conversations.services
        self._store = conversations.services.handovers
        self._channel = channel
        self._wake = wake
        self._relay = Relay(conversations, channel)
        self._first_names: dict[str, str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._app_user: str | None = None

    def register(self, app: AsyncApp) -> None:
        """Adds the listeners to a bolt app, before any other listener to messages."""
        app.action("take_handover")(self.take)
        app.action("postpone_handover")(self.postpone)
        app.action("give_back")(self.give_back)
        app.event("message", matchers=[self.is_in_thread])(self.thread_message)

    async def watch(self) -> None:
        """Posts hand-overs and what visitors say, and tells visitors how things stand. Runs until cancelled."""
        await every(
            POLL_INTERVAL,
            self.work,
            "hand-overs",
            max_retry_after=MAX_RETRY_AFTER,
            is_transient=_is_expected,
        )

    async def tell(self) -> None:
        """Tells visitors of late, taken and ended hand-overs; also while Slack is down. Runs until cancelled."""
        await every(
            POLL_INTERVAL,
            self.tell_visitors,
            "telling visitors of hand-overs",
            max_retry_after=MAX_RETRY_AFTER,
            is_transient=_is_expected,
        )

    async def catch_up(self) -> None:
        """Searches the threads for what was missed while the server or the connection was down. Until cancelled."""
        await every(CATCH_UP_INTERVAL, self.read_threads, "reading threads of hand-overs", is_transient=_is_expected)

    async def work(self) -> None:
        """Does what Slack lacks."""
        await self._relay.serve_all()

    async def tell_visitors(self) -> None:
        """Lets time pass, and tells visitors what they have not been told."""
        settings = self._services.settings
        wait, idle = (
            timedelta(minutes=minutes) for minutes in (settings.handover_wait_minutes, settings.handover_idle_minutes)
        )
        await asyncio.to_thread(self._store.expire, wait, idle)
        for handover in await asyncio.to_thread(self._store.to_tell):
            await self._tell(handover)

    async def read_threads(self) -> None:
        """Stores what people wrote or edited in the threads of live hand-overs, as far as its event was missed."""
        for handover in await asyncio.to_thread(self._store.live):
            pages = await self._client.conversations_replies(
                channel=handover.channel or self._channel, ts=str(handover.ts), oldest=str(handover.taken_ts), limit=200
            )
            async for page in pages:
                for message in page["messages"]:
                    if _is_written(message):
                        await self._take_in(handover, message, is_present=True)

    async def take(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """Listener: somebody takes a conversation over."""
        await ack()
        recipient = Recipient.of(body, respond)
        self._conversations.spawn(self._take(int(action["value"]), recipient, body, action["action_ts"]), recipient)

    async def postpone(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """Listener: nobody has time now."""
        await ack()
        recipient = Recipient.of(body, respond)
        self._conversations.spawn(self._change(self._store.postpone, int(action["value"]), recipient, body), recipient)

    async def give_back(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """Listener: the advisor gets the conversation back."""
        await ack()
        recipient = Recipient.of(body, respond)
        self._conversations.spawn(self._change(self._store.give_back, int(action["value"]), recipient, body), recipient)

    async def is_in_thread(self, event: Json) -> bool:
        """Matcher: whether a message stands in a thread of the team's channel. No other message is looked at."""
        message = event.get("message") or event.get("previous_message") or event
        return event.get("channel") == self._channel and bool(message.get("thread_ts"))

    async def thread_message(self, event: Json) -> None:
        """Listener: a message in a thread is written, edited or deleted."""
        subtype = event.get("subtype")
        message = event.get("previous_message" if subtype == "message_deleted" else "message") or event
        is_deleted = subtype == "message_deleted" or message.get("subtype") == DELETED
        if subtype in (*WRITTEN, "message_changed", "message_deleted") and (is_deleted or _is_written(message)):
            # Queued before anything is awaited, so that messages keep the order of arrival.
            queue = self._locks.setdefault(str(message["thread_ts"]), asyncio.Lock())
            self._conversations.spawn(self._receive(message, queue, subtype == "message_changed", is_deleted))

    async def _receive(self, message: Json, queue: asyncio.Lock, is_edited: bool, is_deleted: bool) -> None:
        """Stores what somebody wrote in the thread of a hand-over; tells them if the visitor does not see it."""
        async with queue:
            try:
                async for attempt in retrying(STORE_RETRY_AFTER, lambda error: isinstance(error, StorageError)):
                    with attempt:
                        find = self._store.in_thread
                        handover = await asyncio.to_thread(find, self._channel, str(message["thread_ts"]))
                        if handover is None or message["ts"] == message["thread_ts"]:
                            return
                        if is_deleted:
                            await self._delete(handover, message)
                        elif not await self._take_in(handover, message, is_present=is_edited) and not is_edited:
                            await self._whisper(handover, message["user"], "handover_not_seen")
            except StorageError:
                logger.exception("a message of the team was not stored")
                await self._client.chat_postEphemeral(
                    channel=self._channel,
                    thread_ts=message["thread_ts"],
                    user=message["user"],
                    text=await self._text("handover_failed", message["user"]),
                )

    async def _take_in(self, handover: Handover, message: Json, *, is_present: bool) -> bool:
        """Stores a message of the thread.

        Args:
            handover: That of the thread.
            message: As Slack has it.
            is_present: Whether that is its present text, so that it replaces an earlier one; not for a repeated event.

        Returns:
            False if the visitor does not get to see it, since nobody has the conversation.
        """
        if f"<@{await self._user_of_app()}" in (message.get("text") or ""):
            return True  # to the advisor, which answers in the thread
        name = await self._first_name(message["user"])
        answer = handovers.from_team(name, _markdown(message), handover.language)
        conversation, message_id = handover.conversation, _message_id(message)
        if is_present and await asyncio.to_thread(self._services.messages.revise, conversation, message_id, answer):
            self._wake(conversation)
            return True
        is_live = handover.state == "live" and float(message["ts"]) > float(handover.taken_ts or 0)
        if not (is_live and answer.sections):
            return bool(await asyncio.to_thread(self._services.messages.has, conversation, message_id))
        if handover.told != "live":
            await self._tell(handover)  # first who it is
        _, is_new = await asyncio.to_thread(self._services.messages.add_notice, conversation, answer, message_id)
        if is_new:
            self._wake(conversation)
            await asyncio.to_thread(self._store.touch, handover.number)
            if any(not shared.get("public_url_shared") for shared in message.get("files") or ()):
                await self._whisper(handover, message["user"], "handover_file")
        return True

    async def _delete(self, handover: Handover, message: Json) -> None:
        answer = handovers.from_team("", "", handover.language)
        revise = self._services.messages.revise
        if await asyncio.to_thread(revise, handover.conversation, _message_id(message), answer):
            self._wake(handover.conversation)

    async def _take(self, number: int, recipient: Recipient, body: Json, ts: str) -> None:
        first_name = await self._first_name(recipient.user)
        take = partial(self._store.take, user=recipient.user, first_name=first_name, ts=ts)
        await self._change(take, number, recipient, body)

    async def _change(self, change: Callable[[int], bool], number: int, recipient: Recipient, body: Json) -> None:
        """Changes the state of a hand-over, tells both sides, and says why if somebody else was first."""
        is_changed = await asyncio.to_thread(change, number)
        try:
            handover = await asyncio.to_thread(self._store.get, number)
        except KeyError:
            await self._relay.remove_details(body["container"]["channel_id"], body["container"]["message_ts"])
            return
        await self._tell(handover)
        if not is_changed and handover.state == "live" and handover.taken_by != recipient.user:
            await self._conversations.send_notice(recipient, "handover_taken", person=f"<@{handover.taken_by}>")
        elif not is_changed and handover.state == "ended":
            await self._conversations.send_notice(recipient, "handover_over")
        await self._relay.serve(number)

    async def _tell(self, handover: Handover) -> None:
        """Tells the visitor the state of a hand-over, once."""
        if handover.told == handover.state:
            return
        if notice := self._notice(handover):
            add = self._services.messages.add_notice
            await asyncio.to_thread(add, handover.conversation, notice, handover.notice_id)
            self._wake(handover.conversation)
        await asyncio.to_thread(self._store.set_told, handover.number, handover.state)

    def _notice(self, handover: Handover) -> Answer | None:
        situation = self._services.situation(handover.language)
        person = handover.first_name or ""
        if handover.state == "late":
            return handovers.nobody(situation)
        if handover.state == "live":
            return handovers.joined(person, situation)
        if handover.state == "ended" and handover.taken_at:
            return handovers.left(person, situation, idle=handover.reason == "idle")
        return None

    async def _first_name(self, user: str) -> str:
        """The first name of a member of the team, as their profile in Slack tells it."""
        if user not in self._first_names:
            try:
                found = (await self._client.users_info(user=user))["user"]
            except (SlackApiError, *NETWORK_ERRORS) as error:
                logger.warning("no name of a member of the team: %r", error)
                return self._services.knowledge.agency.name.localized(self._services.settings.slack_language)
            profile: dict[str, Any] = found.get("profile") or {}
            names = (
                profile.get("first_name"),
                profile.get("display_name"),
                profile.get("real_name"),
                found.get("name"),
            )
            name = next((name for name in names if name), "")
            self._first_names[user] = str(name).split()[0] if name else user
        return self._first_names[user]

    async def _user_of_app(self) -> str:
        """Slack's id of the app as a user, which mentions name."""
        if self._app_user is None:
            self._app_user = str((await self._client.auth_test())["user_id"])
        return self._app_user

    async def _whisper(self, handover: Handover, user: str, key: str) -> None:
        """Tells a member of the team something in the thread that only they see."""
        await self._client.chat_postEphemeral(
            channel=handover.channel or self._channel,
            thread_ts=handover.ts,
            user=user,
            text=await self._text(key, user),
        )

    async def _text(self, key: str, user: str) -> str:
        return self._services.knowledge.slack[key].localized(await self._conversations.language_of(user))


def _is_written(message: Json) -> bool:
    """Whether a person wrote a message."""
    return bool(message.get("user")) and not message.get("bot_id") and message.get("subtype") in WRITTEN


def _message_id(message: Json) -> str:
    return f"team {message['ts']}"


def _markdown(message: Json) -> str:
    """What a message says, with its files as links."""
    files = [
        link(str(shared.get("name") or shared.get("title") or "?"), str(address))
        for shared in message.get("files") or ()
        if (address := _address(shared))
    ]
    return "\n\n".join(filter(None, (to_markdown(storable(message.get("text") or "")), *files)))


def _address(shared: Json) -> str | None:
    return shared.get("permalink_public") if shared.get("public_url_shared") else shared.get("permalink")


def _is_expected(error: BaseException) -> bool:
    return is_transient(error) or isinstance(error, SlackApiError | StorageError)
