"""What the server tells of its own state, and what it may not do slowly."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import httpx
import pytest
from jsonschema import ValidationError
from rasa.utils.endpoints import EndpointConfig

from bot.chat.turns import IncomingMessage, TurnService
from bot.rasa_adapter import patches
from bot.rasa_adapter.assistant import Assistant
from bot.rasa_adapter.tracker_store import RECENT
from bot.web.health import run_checks
from tests.support.server import Server


def test_a_server_that_lost_a_database_is_alive_and_not_ready(
    model: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = Server(tmp_path)
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
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all((await run_checks(assistant.checks())).values())
    monkeypatch.setattr(assistant.agent, "action_endpoint", EndpointConfig(url="http://127.0.0.1:9/webhook"))
    assert (await run_checks(assistant.checks()))["actions"] is False


@pytest.mark.parametrize("result", [{"events": "none"}, {"events": [], "responses": "hallo"}, [1]])
def test_a_result_of_an_action_in_another_format_is_refused(result: object) -> None:
    with pytest.raises(ValidationError):
        patches.validate_action_result(None, result)  # type: ignore[arg-type]


async def test_a_long_conversation_still_knows_its_form_and_its_phase(turns: TurnService) -> None:
    sender = "long conversation"
    await turns.answer(IncomingMessage("klanten komen niet terug", sender))
    await turns.answer(IncomingMessage("doe een concurrentiecheck", sender))
    for _ in range(45):
        await turns.answer(IncomingMessage("wat is seo?", sender))
    for text in ("www.rivaal.nl", "jan@zaak.nl", "ja", "ja"):
        (*_, last) = await turns.answer(IncomingMessage(text, sender))
    assert "is verstuurd" in str(last.sections[0].text)
    (stored,) = [s.request for s in turns.services.requests.all() if s.request.conversation == sender]
    assert (stored.kind, stored.phase) == ("competitor_check", "care")


async def test_a_turn_of_a_long_conversation_reads_its_last_events_only(turns: TurnService) -> None:
    sender = "very long conversation"
    await turns.answer(IncomingMessage("customers buy once and never come back", sender))
    for _ in range(30):
        await turns.answer(IncomingMessage("what is SEO?", sender))
    tracker = await turns.assistant.agent.tracker_store.retrieve(sender)
    assert tracker is not None
    assert len(tracker.events) < RECENT + len(tracker.slots) + 1
    (answer,) = await turns.answer(IncomingMessage("how do I measure that?", sender))
    assert (answer.language, answer.phase) == ("en", "care")
