"""How a channel hands a visitor's message to Rasa: guarded, and never answered by silence."""

from __future__ import annotations

import logging
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from bot.advice import smalltalk
from bot.advice.situation import Situation
from bot.channels.guard import guard, issued_payloads
from bot.knowledge import load_knowledge
from bot.presentation import markdown
from bot.settings import settings

logger = logging.getLogger(__name__)


class WholeMessages(CollectingOutputChannel):
    """Collects what the bot says. Rasa's own splits a text at blank lines, which tears an answer apart."""

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """One answer, one message."""
        await self._persist_message(self._message(recipient_id, text=text))


async def answer(agent: Agent, text: str, sender: str, channel: str) -> list[dict[str, Any]]:
    """The bot's messages in reply to a visitor's text; an apology where something failed or nothing was said."""
    collector = WholeMessages()
    language = None
    try:
        tracker = await agent.tracker_store.retrieve(sender)
        issued = issued_payloads(event.as_dict() for event in tracker.events) if tracker else set()
        language = tracker.get_slot("language") if tracker else None
        guarded = guard(text, issued, settings().max_message_length)
        message = UserMessage(guarded.text, collector, sender, input_channel=channel, metadata=guarded.metadata)
        await agent.handle_message(message)
    except Exception:
        logger.exception("A message of conversation %s failed", sender)
    if not collector.messages:
        rendered = markdown.render(smalltalk.apology(Situation(load_knowledge(), language or "nl")))
        return [{"recipient_id": sender, "text": rendered.text, "buttons": rendered.buttons}]
    return list(collector.messages)
