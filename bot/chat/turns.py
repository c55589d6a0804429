"""Answers messages: one at a time in each conversation, stored, and never with silence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.advice import smalltalk
from bot.advice.answer import Answer
from bot.background import every, retrying
from bot.chat import erasure
from bot.chat.guard import GuardedMessage, guard
from bot.errors import LockTimeoutError, StorageError
from bot.knowledge import Language
from bot.observability import metrics
from bot.observability.logs import log_context
from bot.presentation import markdown
from bot.services import Services
from bot.storage.messages import Message, MessageStore

if TYPE_CHECKING:  # importing Rasa takes seconds
    from bot.rasa_adapter.assistant import Assistant

logger = logging.getLogger(__name__)

TURN_TIMEOUT = 20.0
"""Seconds that a turn may take, for instance when an action server does not answer."""

MAX_CONCURRENT_TURNS = 8
"""Turns are CPU-bound; more would delay all of them and block the event loop."""

STORE_RETRY_AFTER = (0.2, 1.0)
"""Seconds between attempts to store an answer. Without it Rasa would process the message a second time."""

UNANSWERED_MAX_AGE = timedelta(hours=1)
"""Older unanswered messages are not answered any more."""

CATCH_UP_INTERVAL = 3.0
"""Seconds between searches for unanswered messages."""


@dataclass(frozen=True)
class IncomingMessage:
    """A visitor's message as a chat channel received it.

    Attributes:
        text: What was typed, or the payload of an issued button if `is_payload`.
        conversation: Id that begins with the name of the channel: website-..., slack-..., rest-...
        is_payload: Whether `text` is the payload of a button that the channel knows to be issued.
        language: That of the page or of the Slack user, until the visitor writes in another.
    """

    text: str
    conversation: str
    is_payload: bool = False
    language: Language | None = None

    @classmethod
    def stored(cls, message: Message, language: Language | None) -> IncomingMessage:
        """A message from the message store."""
        return cls(message.payload or message.text or "", message.conversation, message.payload is not None, language)

    @property
    def channel(self) -> str:
        """The name of the chat channel."""
        return self.conversation.partition("-")[0]


class TurnService:
    """Answers messages with an assistant.

    Example:
        >>> message, _ = services.messages.add_user_message("website-abc", "niemand bestelt", message_id="1")
        >>> await turns.answer_stored(message)
        [Message(conversation='website-abc', position=2, answer=Answer(...), reply_to=1, ...)]
    """

    def __init__(self, assistant: Assistant, services: Services, timeout: float = TURN_TIMEOUT) -> None:
        """`timeout` is in seconds per turn."""
        self.assistant = assistant
        self.services = services
        self._timeout = timeout
        self._concurrency = asyncio.Semaphore(MAX_CONCURRENT_TURNS)

    async def answer(self, message: IncomingMessage) -> list[Answer]:
        """Answers a message without storing it in the message store."""
        with log_context(channel=message.channel, conversation=message.conversation), metrics.QUEUE.track_inprogress():
            try:
                async with self.assistant.lock(message.conversation):
                    answers = await self._run_turn(message)
                    await self._erase_if_asked(message.conversation, answers)
                    return answers
            except LockTimeoutError:
                logger.exception("lock timeout")
                return [await self._apology(message)]

    async def answer_stored(
        self,
        message: Message,
        language: Language | None = None,
        *,
        mark_answered: bool = True,
        is_retry: bool = False,
    ) -> list[Message]:
        """Answers a message of the message store once, however often and by whichever server this is called.

        Earlier unanswered messages of the conversation are answered first.

        Args:
            message: The visitor's message.
            language: See `IncomingMessage`.
            mark_answered: False if delivery may still fail; see `MessageStore.add_answers`.
            is_retry: The message may be in progress elsewhere: raise instead of apologising for a lock timeout.

        Returns:
            The stored answers, or an apology if the turn failed; none if a person has the conversation.

        Raises:
            StorageError: The message store failed; the message has no answer yet.
            LockTimeoutError: Only if `is_retry`.
        """
        store, incoming = self.services.messages, IncomingMessage.stored(message, language)
        with log_context(channel=incoming.channel, conversation=message.conversation), metrics.QUEUE.track_inprogress():
            try:
                async with self.assistant.lock(message.conversation):
                    earlier, answers = await asyncio.to_thread(
                        store.before_turn, message.conversation, message.position, UNANSWERED_MAX_AGE
                    )
                    for unanswered in earlier:  # their own tasks may acquire the lock later than this one
                        if not await asyncio.to_thread(store.answers_to, unanswered.conversation, unanswered.position):
                            await self._answer_and_store(unanswered, language, mark_answered)
                    return answers or await self._answer_and_store(message, language, mark_answered)
            except LockTimeoutError:
                if is_retry:
                    raise
                logger.exception("lock timeout")
                if known := await asyncio.to_thread(store.answers_to, message.conversation, message.position):
                    return known
                return await self._store(message, [await self._apology(incoming)], mark_answered)

    async def _answer_and_store(
        self, message: Message, language: Language | None, mark_answered: bool
    ) -> list[Message]:
        has_team = self.services.settings.has_team_channel
        if has_team and await asyncio.to_thread(self.services.handovers.is_live, message.conversation):
            # A person answers: Slack gets the message from the store (bot/chat/slack/relay.py).
            await asyncio.to_thread(self.services.messages.mark_answered, message.conversation, message.position)
            return []
        answers = await self._run_turn(IncomingMessage.stored(message, language))
        find = self.services.messages.answers_to
        async for attempt in retrying(STORE_RETRY_AFTER, lambda error: isinstance(error, StorageError)):
            with attempt:
                # A commit may have been done although its confirmation was lost.
                known: list[Message] = []
                if attempt.retry_state.attempt_number > 1:
                    known = await asyncio.to_thread(find, message.conversation, message.position)
                stored = known or await self._store(message, answers, mark_answered)
                await self._erase_if_asked(message.conversation, answers, before=message.position)
                return stored
        raise AssertionError("the last attempt returns or raises")

    async def _store(self, message: Message, answers: list[Answer], mark_answered: bool) -> list[Message]:
        add = partial(self.services.messages.add_answers, mark_answered=mark_answered)
        return await asyncio.to_thread(add, message.conversation, answers, message.position)

    async def _erase_if_asked(self, conversation: str, answers: list[Answer], before: int | None = None) -> None:
        """Deletes the conversation if an answer says so; the question and this answer stay in the message store."""
        if any(answer.about == smalltalk.ERASED for answer in answers):
            await asyncio.to_thread(erasure.erase, conversation, self.services, before)

    async def _run_turn(self, message: IncomingMessage) -> list[Answer]:
        """The assistant's answers; an apology if it failed, took too long or gave none. The caller holds the lock."""
        answers: list[Answer] = []
        async with self._concurrency:
            with metrics.SECONDS.labels(message.channel).time():
                try:
                    await asyncio.wait_for(self._respond(message, answers.append), self._timeout)
                except asyncio.TimeoutError:
                    logger.error("turn timeout after %s s", self._timeout)
                except Exception:
                    logger.exception("turn failed")
                else:
                    if not answers:
                        logger.error("no answer: no rule matched, or an action said nothing")
        if not answers:
            return [await self._apology(message)]
        metrics.TURNS.labels(message.channel, "answered").inc()
        for answer in answers:
            if answer.phase and answer.about == "phase":
                metrics.DIAGNOSES.labels(answer.phase).inc()
        return answers

    async def _respond(self, message: IncomingMessage, on_answer: Callable[[Answer], None]) -> None:
        guarded = GuardedMessage(message.text)
        if not message.is_payload:
            issued = await self._issued_payloads(message)
            guarded = guard(message.text, issued, self.services.settings.max_message_length)
        metadata = {**guarded.metadata, **({"language": message.language} if message.language else {})}
        await self.assistant.respond(guarded.text, message.conversation, message.channel, metadata, on_answer)

    async def _issued_payloads(self, message: IncomingMessage) -> set[str]:
        """The payloads of all buttons in the conversation, if the message could be one."""
        if not message.text.lstrip().startswith("/"):
            return set()
        answers = await asyncio.to_thread(self.services.messages.answers_in, message.conversation)
        return {markdown.payload(reply) for answer in answers for reply in answer.replies}

    async def _apology(self, message: IncomingMessage) -> Answer:
        """An apology in the language of the conversation, if that can be read, else in that of the page."""
        metrics.TURNS.labels(message.channel, "apologised").inc()
        language = message.language
        with contextlib.suppress(Exception):  # the tracker store may be what failed
            slots = await asyncio.wait_for(self.assistant.slots(message.conversation), 2)
            language = slots.get("language") or language
        return smalltalk.apology(self.services.situation(language or "nl"))


async def catch_up(
    store: MessageStore, prefix: str, answer: Callable[[Message], Awaitable[None]], min_age: timedelta
) -> None:
    """Answers messages that a stopped server or a failed database left unanswered. Runs until cancelled.

    Example:
        >>> asyncio.create_task(catch_up(store, "website-", answer, min_age=timedelta(seconds=3)))

    Args:
        store: Where they are.
        prefix: Of the conversation ids of a chat channel.
        answer: Starts answering one; called again for the same message until it is marked as answered.
        min_age: Of messages, after the first search: younger ones are probably in progress.
    """
    age = timedelta(0)

    async def search() -> None:
        nonlocal age
        for message in await asyncio.to_thread(store.unanswered, UNANSWERED_MAX_AGE, prefix, age):
            await answer(message)
        age = min_age

    def is_transient(error: BaseException) -> bool:
        return isinstance(error, StorageError)

    await every(CATCH_UP_INTERVAL, search, f"catch-up of {prefix}*", is_transient=is_transient)
