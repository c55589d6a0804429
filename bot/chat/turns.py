"""How a channel hands a visitor's message to Rasa: guarded, one at a time, and never answered by silence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import LockError
from sqlalchemy.exc import OperationalError

from bot.advice import smalltalk
from bot.advice.answer import Answer, Section
from bot.advice.situation import Situation
from bot.chat.guard import Guarded, guard, issued_payloads
from bot.knowledge import Language, load_knowledge
from bot.observability import logs, metrics
from bot.settings import settings
from bot.storage.messages import Message, MessageStore

logger = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds that a turn may take, for instance with an action server that does not answer."""

KEEP_AGAIN_AFTER = (0.2, 1.0)
"""Seconds between tries to keep an answer. Without it the message would be answered anew, and Rasa hear it twice."""

IN_ORDER_FOR = timedelta(hours=1)
"""Messages of this age at most are answered before later ones of the same conversation."""

AT_ONCE = asyncio.Semaphore(8)
"""Turns that are worked on at the same time. They take the processor's time, so that more at once would only make all
of them late, and whatever else the event loop does with them."""


class Answers(OutputChannel):
    """Collects what the bot says, each answer whole. Rasa's own channels tear a text apart at blank lines."""

    def __init__(self) -> None:
        self.collected: list[Answer] = []

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """One answer. Rasa calls this for each message of an action."""
        if message.get("custom"):
            self.collected.append(Answer.from_json(message["custom"]))
        elif message.get("text"):  # of Rasa itself, not of our actions
            self.collected.append(Answer("nl", (Section(text=message["text"]),)))


async def answer_kept(
    agent: Agent,
    store: MessageStore,
    message: Message,
    channel: str,
    *,
    language: Language | None = None,
    done: bool = True,
    late: bool = False,
) -> list[Message]:
    """The answers to a message that `store` keeps, kept there too. A message is answered once, whoever asks for it.

    Without `done` the message counts as answered only after `set_answered`. Raises sqlalchemy.exc.SQLAlchemyError if
    the store fails; then the message has no answer yet. If others hold the conversation for too long the answer is an
    apology; but `late`, when somebody else may still be at it, LockError is raised.
    """

    async def answer_now(kept: Message) -> list[Message]:
        text, pressed = kept.payload or kept.text or "", kept.payload is not None
        answers = await _say(agent, text, kept.conversation, channel, pressed, language)
        for wait in KEEP_AGAIN_AFTER:
            try:
                return await asyncio.to_thread(store.add_answers, kept.conversation, answers, kept.position, done=done)
            except OperationalError as error:
                logger.warning("An answer could not be kept (%s); trying again in %s s", error.orig, wait)
            await asyncio.sleep(wait)
            if known := await asyncio.to_thread(store.answers_to, kept.conversation, kept.position):
                return known  # it was kept, and only the news of it was lost
        return await asyncio.to_thread(store.add_answers, kept.conversation, answers, kept.position, done=done)

    with logs.about(channel=channel, conversation=message.conversation), metrics.QUEUE.track_inprogress():
        try:
            async with agent.lock_store.lock(message.conversation):
                earlier, made = await asyncio.to_thread(
                    store.before_answering, message.conversation, message.position, IN_ORDER_FOR
                )
                for waiting in earlier:  # they may reach the lock later; what was said first is answered first
                    if not await asyncio.to_thread(store.answers_to, waiting.conversation, waiting.position):
                        await answer_now(waiting)
                return made or await answer_now(message)
        except LockError:
            if late:
                raise
            logger.exception("A message waited in vain for those before it")
            if known := await asyncio.to_thread(store.answers_to, message.conversation, message.position):
                return known
            sorry = [await _apology(agent, message.conversation, channel, language)]
            return await asyncio.to_thread(store.add_answers, message.conversation, sorry, message.position, done=done)


async def answer(
    agent: Agent, text: str, sender: str, channel: str, *, pressed: bool = False, language: Language | None = None
) -> list[Answer]:
    """The answers to a text that nobody keeps but Rasa.

    `pressed`: the text is the payload of a button, and the channel knows that the bot issued it.
    `language`: that of the page, until the visitor shows another.
    """
    with logs.about(channel=channel, conversation=sender), metrics.QUEUE.track_inprogress():
        try:
            async with agent.lock_store.lock(sender):
                return await _say(agent, text, sender, channel, pressed, language)
        except LockError:
            logger.exception("A message waited in vain for those before it")
            return [await _apology(agent, sender, channel, language)]


async def _say(
    agent: Agent, text: str, sender: str, channel: str, pressed: bool, language: Language | None
) -> list[Answer]:
    """What Rasa says to a text; an apology where something failed or nothing was said. The conversation is held."""
    answers = Answers()
    async with AT_ONCE:
        with metrics.SECONDS.labels(channel).time():
            try:
                await asyncio.wait_for(_handle(agent, text, sender, channel, pressed, language, answers), PATIENCE)
            except asyncio.TimeoutError:
                logger.error("A message was not answered within %s s", PATIENCE)
            except Exception:
                logger.exception("A message failed")
            else:
                if not answers.collected:
                    logger.error("A message was met by silence")
    if not answers.collected:
        return [await _apology(agent, sender, channel, language)]
    metrics.TURNS.labels(channel, "answered").inc()
    for said in answers.collected:
        if said.phase and said.about == "phase":
            metrics.PHASES.labels(said.phase).inc()
    return answers.collected


async def _handle(
    agent: Agent, text: str, sender: str, channel: str, pressed: bool, language: Language | None, answers: Answers
) -> None:
    """One turn of Rasa, which hands its answers to `answers`."""
    processor = agent.processor
    assert processor is not None, "a model has been loaded"
    guarded = (
        Guarded(text) if pressed else guard(text, await _issued(agent, text, sender), settings().max_message_length)
    )
    metadata = {**guarded.metadata, **({"language": language} if language else {})}
    message = UserMessage(guarded.text, answers, sender, input_channel=channel, metadata=metadata)
    message.parse_data = await processor.parse_message(message)
    intent = message.parse_data["intent"]["name"]
    metrics.INTENTS.labels(intent).inc()
    if intent in metrics.NOT_UNDERSTOOD:
        metrics.FALLBACKS.labels(intent).inc()
    await processor.handle_message(message)


async def _issued(agent: Agent, text: str, sender: str) -> set[str]:
    """The payloads of buttons that a text could be: those of the conversation."""
    if not text.lstrip().startswith("/"):
        return set()
    tracker = await agent.tracker_store.retrieve(sender)
    return issued_payloads(event.as_dict() for event in tracker.events) if tracker else set()


async def _apology(agent: Agent, sender: str, channel: str, language: Language | None) -> Answer:
    """In the visitor's language, as far as that can be found out."""
    metrics.TURNS.labels(channel, "apologised").inc()
    with contextlib.suppress(Exception):  # what failed may be the store
        tracker = await asyncio.wait_for(agent.tracker_store.retrieve(sender), 2)
        language = (tracker.get_slot("language") if tracker else None) or language
    return smalltalk.apology(Situation(load_knowledge(settings().knowledge), language or "nl"))
