"""What the desk says when it can't do its work."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.slack.conversations import Desk
from bot.chat.slack.threads import Place
from bot.storage.messages import MessageStore
from tests.locks import NeverOurs


async def test_a_command_that_fails_is_apologised_for_also_where_we_are_no_member(
    client: AsyncWebClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(client, MessageStore(f"sqlite:///{tmp_path}/messages.db"))
    desk.agent = SimpleNamespace(lock_store=NeverOurs())  # type: ignore[assignment]
    said: list[Any] = []

    async def respond(**message: object) -> object:
        said.append(message)
        return SimpleNamespace(status_code=200)

    place = Place("T1", "C2", only_for="U1")  # the fake Slack has us in C1 only
    desk.soon(desk.hear(place, "niemand kent ons", message_id="1", user="U1", respond=respond), place, "U1", respond)
    for _ in range(100):
        if said:
            break
        await asyncio.sleep(0.05)
    (apology,) = said
    assert "iets mis" in str(apology["blocks"])
    assert apology["response_type"] == "ephemeral"
    assert "waited 60 s" in caplog.text
