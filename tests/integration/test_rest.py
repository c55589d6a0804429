"""The REST channel over HTTP: the real server, real requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.storage.messages import MessageStore
from tests.support.server import Server


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that was started as a user starts it; stopped by the signal of Ctrl-C."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    assert server.stop() == 0, server.log
    assert "Warning" not in server.log


@pytest.fixture
def webhook(server: Server) -> str:
    """The address of its REST channel."""
    return f"{server.address}/webhooks/rest/webhook"


def say(webhook: str, sender: str, message: str) -> list[dict[str, object]]:
    response = httpx.post(webhook, json={"sender": sender, "message": message}, timeout=30)
    assert response.status_code == 200
    return list(response.json())


def test_an_owner_gets_a_diagnosis_with_buttons_in_one_message(webhook: str) -> None:
    (message,) = say(webhook, "owner", "we krijgen genoeg bezoekers, maar niemand bestelt")
    assert "gekozen worden" in str(message["text"])
    assert message["buttons"]


def test_the_conversation_is_remembered_between_requests(webhook: str) -> None:
    say(webhook, "memory", "klanten kopen één keer en komen niet terug")
    (message,) = say(webhook, "memory", "welke kanalen?")
    assert "Care" in str(message["text"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "the body is not valid JSON"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"sender": "x"}', "Object missing required field `message`"),
        (b'{"sender": "x", "message": 5}', "Expected `str`, got `int` - at `$.message`"),
        (b'{"message": "hoi"}', "Object missing required field `sender`"),
        (b'{"sender": "a\\u0000", "message": "hoi"}', "sender: expected printable characters"),
    ],
)
def test_a_malformed_request_is_refused_with_the_reason(webhook: str, body: bytes, error: str) -> None:
    response = httpx.post(webhook, content=body, headers={"Content-Type": "application/json"}, timeout=30)
    assert response.status_code == 400
    assert response.json()["error"] == error


def test_a_message_that_is_sent_twice_counts_once(webhook: str) -> None:
    body = {"sender": "twice", "message": "klanten komen niet terug", "message_id": "1"}
    first, again = (httpx.post(webhook, json=body, timeout=30).json() for _ in range(2))
    assert first == again
    (other,) = say(webhook, "twice", "hoe meet ik dat?")
    assert "Care" in str(other["text"])


def test_a_client_cannot_choose_channel_language_or_stored_text(webhook: str, server: Server) -> None:
    body = {"sender": "sly", "message": "customers never come back", "input_channel": "slack"}
    (answer,) = httpx.post(webhook, json={**body, "metadata": {"typed": "x", "language": "nl"}}, timeout=30).json()
    assert "Care: keeping customers" in answer["text"]
    question, *_ = MessageStore(server.messages_db).after("rest-sly", 0)
    assert question.text == body["message"]


@pytest.mark.parametrize("message", ["", "x" * 5000, "🙂", "<img src=x onerror=alert(1)>", "/restart", "asdf jkl qwop"])
def test_bad_input_is_answered_without_a_traceback(webhook: str, message: str) -> None:
    answers = say(webhook, f"bad {message[:5]}", message)
    assert answers
    assert "Traceback" not in str(answers)
    assert "<img" not in str([answer["text"] for answer in answers])
