"""Conversations in Slack: a question is stored, answered, and the answer posted once and in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import timedelta, timezone
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from limits import RateLimitItemPerMinute
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.web.async_client import AsyncWebClient

from bot.advice import smalltalk
from bot.advice.answer import Answer
from bot.background import BackgroundTasks
from bot.chat.guard import storable
from bot.chat.slack.client import AUTH_ERRORS, NETWORK_ERRORS, error_code, may_succeed_later, retry
from bot.chat.slack.threads import PREFIX, Recipient, SlackThread
from bot.chat.turns import TurnService, catch_up
from bot.errors import ChannelUnavailableError, LockTimeoutError, RateLimitError, StorageError
from bot.knowledge import Language
from bot.presentation import slack
from bot.presentation.slack import SlackMessage
from bot.storage.messages import Message
from bot.storage.plans import StoredPlan
from bot.web.rate_limits import RateLimiter

logger = logging.getLogger(__name__)

CATCH_UP_MIN_AGE = timedelta(seconds=10)


class SlackConversations:
    """Answers questions in Slack."""

    def __init__(self, client: AsyncWebClient, turns: TurnService, limiter: RateLimiter) -> None:
        """Takes Slack's client and what the channels share."""
        self.client = client
        self.turns = turns
        self.services = turns.services
        self._limiter = limiter
        self._in_progress: Counter[str] = Counter()
        self._storing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._languages: dict[str, Language] = {}
        self._background = BackgroundTasks()
        self._periodic = BackgroundTasks()

    async def handle_message(
        self, recipient: Recipient, text: str, message_id: str, payload: str | None = None
    ) -> None:
        """Stores a question, answers it and posts the answer; once per `message_id`.

        Args:
            recipient: Who asked, and where.
            text: The question, or the title of the button that was pressed.
            message_id: Slack's id of the event, command or action.
            payload: Of that button.

        Raises:
            ChannelUnavailableError: The app may not write there.
        """
        limit = RateLimitItemPerMinute(self.services.settings.messages_per_minute)
        try:
            await self._limiter.hit(limit, recipient.user)
        except RateLimitError as error:
            await self._send_rate_limit_notice(recipient, error)
            return
        conversation = recipient.thread.conversation
        # Nothing is awaited before both are queued, so that they keep the order of arrival.
        storing = asyncio.create_task(self._store(conversation, storable(text), message_id, payload))
        async with self._posting_lock(conversation):
            message, is_new = await storing
            if is_new:
                await self._answer(recipient, message, await self.language_of(recipient.user))

    async def _store(self, conversation: str, text: str, message_id: str, payload: str | None) -> tuple[Message, bool]:
        """Stores a message after the earlier ones of its conversation, since threads run in any order."""
        async with self._storing.setdefault(conversation, asyncio.Lock()):
            add = self.services.messages.add_user_message
            return await asyncio.to_thread(add, conversation, text, message_id, payload)

    @contextlib.asynccontextmanager
    async def _posting_lock(self, conversation: str) -> AsyncIterator[None]:
        """Serialises answering and posting in a conversation, also while Slack is down.

        It is held around the lock of the turn, which ends before the answer is posted.
        """
        self._in_progress[conversation] += 1
        try:
            async with self.turns.assistant.lock(f"posting {conversation}", None):
                yield
        finally:
            self._in_progress[conversation] -= 1
            if not self._in_progress[conversation]:
                del self._in_progress[conversation]

    async def _answer(self, recipient: Recipient, message: Message, language: Language) -> None:
        thread, messages = recipient.thread, self.services.messages
        mark_answered = partial(asyncio.to_thread, messages.mark_answered, thread.conversation, message.position)
        for stored in await self.turns.answer_stored(message, language, mark_answered=False):
            if stored.answer is not None:
                is_shareable = thread.only_for and stored.answer.is_advice
                rendered = await self.render(stored.answer, stored.position if is_shareable else None)
                try:
                    await self.post(recipient, rendered)
                except (ChannelUnavailableError, SlackApiError) as error:
                    if not may_succeed_later(error):  # permanent error: `catch_up` must not retry
                        await mark_answered()
                    raise
        await mark_answered()

    async def render(self, answer: Answer, share_position: int | None = None) -> list[SlackMessage]:
        """The answer as Block Kit messages; with a button that shares the answer at a position in the channel."""
        knowledge = self.services.knowledge
        extra: Sequence[ButtonElement] = ()
        if share_position is not None:
            title = knowledge.slack["share"].localized(answer.language)
            extra = (slack.button(title, "share", str(share_position)),)
        try:
            stored = await self._plan_of(answer)
            # Everybody in the channel would see the reminder of an answer that one user sees.
            plan = self.plan_blocks(answer.plan or "", stored, has_reminder=share_position is None) if stored else ()
            return slack.render(answer, knowledge, extra, plan)
        except Exception:
            logger.exception("answer not rendered for Slack")
            return slack.render(smalltalk.apology(self.services.situation(answer.language)), knowledge)

    async def _plan_of(self, answer: Answer) -> StoredPlan | None:
        """The plan that an answer shows; None without one, or if it is gone or can't be read."""
        if answer.plan is None:
            return None
        try:
            return await asyncio.to_thread(self.services.plans.get, answer.plan)
        except StorageError as error:
            logger.warning("plan not read, shown without check boxes: %s", error)
            return None

    def plan_blocks(self, token: str, stored: StoredPlan, *, has_reminder: bool = True) -> list[Block]:
        """A plan as it is stored, with check boxes; with its reminder that is still to come, or the button for one."""
        knowledge, plan = self.services.knowledge, stored.plan
        at = stored.pending_reminder
        local = at.replace(tzinfo=timezone.utc).astimezone(self.services.now().tzinfo) if at else None
        reminder = slack.plan_reminder(local, plan.language, knowledge) if has_reminder else None
        return slack.plan_blocks(plan, token, stored.done, knowledge, reminder)

    async def post(self, recipient: Recipient, messages: Sequence[SlackMessage]) -> None:
        """Posts messages, with retries while Slack is down.

        Raises:
            ChannelUnavailableError: The app may not write there.
        """
        for message in messages:
            await retry(partial(self._post, recipient, message))

    async def _post(self, recipient: Recipient, message: SlackMessage) -> None:
        thread, respond = recipient.thread, recipient.respond
        content: dict[str, Any] = {"text": message.text, "blocks": message.blocks}
        if respond is not None and thread.only_for:
            response = await respond(**content, response_type="ephemeral", replace_original=False)
            if response.status_code == 200:
                return  # else the response_url has expired or was used five times
        address: dict[str, Any] = {"channel": thread.channel, "thread_ts": thread.thread}
        if thread.only_for:
            await self.client.chat_postEphemeral(**address, user=thread.only_for, **content)
        else:
            await self.client.chat_postMessage(**address, **content, unfurl_links=False, unfurl_media=False)

    async def _send_rate_limit_notice(self, recipient: Recipient, error: RateLimitError) -> None:
        """Tells a user once a minute to slow down."""
        try:
            await self._limiter.hit(RateLimitItemPerMinute(1), f"notice {recipient.user}")
        except RateLimitError:
            return
        text = self.services.knowledge.slack["too_fast"].localized(await self.language_of(recipient.user))
        text = text.format(seconds=error.seconds)
        thread = recipient.thread
        private = SlackThread(thread.team, thread.channel, thread.thread, only_for=recipient.user)
        notice = SlackMessage(text, [slack.section(text).to_dict()])
        await self.post(Recipient(private, recipient.user, recipient.respond), [notice])

    async def language_of(self, user: str) -> Language:
        """The language of a user's Slack settings; Dutch for any other than English, or if Slack does not say."""
        if not user:
            return "nl"
        if user not in self._languages:
            try:
                info = await self.client.users_info(user=user, include_locale=True)
            except (SlackApiError, *NETWORK_ERRORS):
                return "nl"
            english = str(info["user"].get("locale", "")).startswith("en")
            self._languages[user] = "en" if english else "nl"
        return self._languages[user]

    def spawn(self, work: Coroutine[Any, Any, None], recipient: Recipient | None = None) -> None:
        """Runs a coroutine in the background; if it fails, the recipient gets an apology.

        Listeners use this because bolt keeps no reference to their tasks, which may be garbage-collected meanwhile.
        """
        self._background.start(self._run_guarded(work, recipient))

    async def _run_guarded(self, work: Coroutine[Any, Any, None], recipient: Recipient | None) -> None:
        try:
            try:
                await work
            except ChannelUnavailableError as error:
                logger.warning("Slack refuses to post: %s", error)
                if recipient is not None and recipient.respond is not None:
                    await self.send_notice(recipient, "not_here")
            except Exception as error:
                if isinstance(error, SlackApiError) and error_code(error) in AUTH_ERRORS:
                    raise
                await self._apologise(recipient)
        except SlackApiError as error:
            logger.error("Slack refuses a call: %s", error_code(error))
        except Exception:
            logger.exception("apology in Slack failed")

    async def _apologise(self, recipient: Recipient | None) -> None:
        logger.exception("question in Slack failed")
        if recipient is not None:
            situation = self.services.situation(await self.language_of(recipient.user))
            await self.post(recipient, await self.render(smalltalk.apology(situation)))

    async def send_notice(self, recipient: Recipient, key: str, **values: str) -> None:
        """Sends a text of slack.yml, with `values` filled in, to the user only, by the response_url."""
        assert recipient.respond is not None, "notices answer a command or button"
        text = self.services.knowledge.slack[key].localized(await self.language_of(recipient.user)).format(**values)
        await recipient.respond(text=text, response_type="ephemeral", replace_original=False)

    def start_catch_up(self) -> None:
        """Starts answering what an earlier run, or another server that died, left unanswered."""

        async def answer(message: Message) -> None:
            if message.conversation not in self._in_progress:
                self.spawn(self._retry_answer(message))

        self._periodic.start(catch_up(self.services.messages, f"{PREFIX}-", answer, CATCH_UP_MIN_AGE))

    async def _retry_answer(self, message: Message) -> None:
        with contextlib.suppress(LockTimeoutError):  # until the next search
            async with self._posting_lock(message.conversation):
                if not await asyncio.to_thread(
                    self.services.messages.is_answered, message.conversation, message.position
                ):
                    await self._answer(Recipient(SlackThread.of(message.conversation)), message, "nl")

    async def stop(self) -> None:
        """Waits briefly for work in progress, then cancels it."""
        self._periodic.cancel()
        await self._background.finish(timeout=5)
