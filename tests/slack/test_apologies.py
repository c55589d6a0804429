"""Apologies in Slack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.threads import Recipient, SlackThread
from bot.chat.turns import TurnService
from bot.rasa_adapter.agent import Agent
from bot.rasa_adapter.assistant import Assistant
from bot.services import Services
from bot.web.rate_limits import RateLimiter
from tests.support.locks import TimedOutLocks
from tests.support.waiting import wait_until


async def test_a_command_that_fails_is_apologised_for_also_where_we_are_no_member(
    client: AsyncWebClient, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    assistant = Assistant(cast("Agent", SimpleNamespace(lock_store=TimedOutLocks())))
    conversations = SlackConversations(client, TurnService(assistant, services), RateLimiter())
    said: list[Any] = []

    async def respond(**message: object) -> object:
        said.append(message)
        return SimpleNamespace(status_code=200)

    thread = SlackThread("T1", "C2", only_for="U1")  # the fake Slack has us in C1 only
    recipient = Recipient(thread, "U1", respond)
    conversations.spawn(conversations.handle_message(recipient, "niemand kent ons", "1"), recipient)
    (apology,) = await wait_until(lambda: said)
    assert "iets mis" in str(apology["blocks"])
    assert apology["response_type"] == "ephemeral"
    assert "lock timeout after 60 s" in caplog.text
