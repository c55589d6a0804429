"""How a channel hands a visitor's message to Rasa: guarded, and never answered by silence."""

from __future__ import annotations

import logging
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage

from bot.advice import smalltalk
from bot.advice.answer import Answer, Section
from bot.advice.situation import Situation
from bot.channels.guard import Guarded, guard, issued_payloads
from bot.knowledge import Language, load_knowledge
from bot.settings import settings

logger = logging.getLogger(__name__)


LONG = 200
"""Events, some twenty turns, from which a talk goes on in a fresh session with the slots kept: Rasa reads and copies
all events of a session at every turn, so that a long one would get slower and slower."""


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


async def answer(
    agent: Agent, text: str, sender: str, channel: str, *, pressed: bool = False, language: Language | None = None
) -> list[Answer]:
    """The bot's answers to a visitor's text; an apology where something failed or nothing was said.

    `pressed`: the text is the payload of a button, and the channel knows that the bot issued it.
    `language`: that of the page, until the visitor shows another.
    """
    answers = Answers()
    try:
        tracker = await agent.tracker_store.retrieve(sender)
        language = (tracker.get_slot("language") if tracker else None) or language
        issued = issued_payloads(event.as_dict() for event in tracker.events) if tracker else set()
        guarded = Guarded(text) if pressed else guard(text, issued, settings().max_message_length)
        if tracker and len(tracker.events) > LONG and not tracker.active_loop_name:
            await agent.handle_message(UserMessage("/session_start", answers, sender, input_channel=channel))
        metadata = {**guarded.metadata, **({"language": language} if language else {})}
        message = UserMessage(guarded.text, answers, sender, input_channel=channel, metadata=metadata)
        await agent.handle_message(message)
    except Exception:
        logger.exception("A message of conversation %s failed", sender)
    return answers.collected or [smalltalk.apology(Situation(load_knowledge(), language or "nl"))]
