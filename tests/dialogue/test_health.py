"""What the server tells of its own state, and what it may not do slowly."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import httpx
import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from bot.chat import turns as conversation
from bot.rasa_adapter.tracker_store import RECENT
from bot.settings import settings
from bot.web import health
from tests.running_server import RunningServer


def test_a_server_that_lost_a_database_is_alive_and_not_ready(
    model: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = RunningServer(tmp_path)
    server.start()
    try:
        told = httpx.get(f"{server.address}/health/ready", timeout=10)
        assert told.status_code == 200
        parts = ("model", "actions", "conversations", "locks", "messages", "requests")
        assert told.json() == {"status": "ok", "parts": dict.fromkeys(parts, "ok")}
        with contextlib.closing(sqlite3.connect(tmp_path / "intake.db")) as database:
            database.executescript("DROP TABLE posts; DROP TABLE requests;")
        told = httpx.get(f"{server.address}/health/ready", timeout=10)
        assert told.status_code == 503
        assert told.json()["parts"] == {**dict.fromkeys(parts, "ok"), "requests": "failing"}
        assert httpx.get(f"{server.address}/health/live", timeout=10).status_code == 200
    finally:
        server.stop()


async def test_an_action_server_that_does_not_answer_is_not_ready(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "action_endpoint", EndpointConfig(url="http://127.0.0.1:9/webhook"))
    app = Sanic("health_test")
    app.ctx.agent = agent
    assert (await health.check(app))["actions"] is False


@pytest.mark.parametrize("result", [{"events": "none"}, {"events": [], "responses": "hallo"}, [1]])
def test_a_result_of_an_action_in_another_format_is_refused(result: object) -> None:
    with pytest.raises(ValidationError):
        RemoteAction._validate_action_result(None, result)


async def test_a_long_talk_still_knows_its_form_and_its_phase(agent: Agent, intake_db: str) -> None:
    sender = "long talk"
    await conversation.answer(agent, "klanten komen niet terug", sender, "test")
    await conversation.answer(agent, "doe een concurrentiecheck", sender, "test")
    for _ in range(45):
        await conversation.answer(agent, "wat is seo?", sender, "test")
    for text in ("www.rivaal.nl", "jan@zaak.nl", "ja", "ja"):
        (*_, last) = await conversation.answer(agent, text, sender, "test")
    assert "is verstuurd" in str(last.sections[0].text)
    assert settings().intake_db == intake_db


async def test_a_long_talk_does_not_carry_all_its_events_along(agent: Agent) -> None:
    sender = "very long talk"
    await conversation.answer(agent, "customers buy once and never come back", sender, "test")
    for _ in range(30):
        await conversation.answer(agent, "what is SEO?", sender, "test")
    tracker = await agent.tracker_store.retrieve(sender)
    assert tracker is not None
    assert len(tracker.events) < RECENT + len(tracker.slots) + 1
    (answer,) = await conversation.answer(agent, "how do I measure that?", sender, "test")
    assert (answer.language, answer.phase) == ("en", "care")
