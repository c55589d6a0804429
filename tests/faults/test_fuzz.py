"""Whatever is sent to any route: no server error, no silence, nothing lost, and no memory that only grows."""

from __future__ import annotations

import json
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot.storage.database import engine
from bot.storage.messages import messages
from tests.faults.size import size
from tests.support.server import UNLIMITED, Server

pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # some inputs are long

SIGNING_SECRET = "of the fuzz tests"

fuzz = settings(
    max_examples=size(60, 600),
    deadline=None,
    derandomize=size(1, 0) == 1,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXTS = st.one_of(
    st.text(max_size=60),  # halves of characters, NUL and control characters too
    st.sampled_from(
        [
            "/restart",
            '/greet{"phase": "<img src=x onerror=alert(1)>"}',
            "/" * 3000,
            "x" * 1999,
            "woord " * 330,
            "\x00" * 50,
            "‮" + "abc" * 10,
            "<script>alert(1)</script>",
            "' OR 1=1; DROP TABLE messages; --",
            "{{7*7}} ${7*7} %s %n",
            "niemand kent ons en klanten komen niet terug",
            "concurrentiecheck",
            "€ 10.000.000.000.000.000.000.000",
            "9" * 1500,
        ]
    ),
    st.text(alphabet='/{}[]":,ab éß中🙂\u0301\u200b\ud800\x00\n', max_size=300),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
ODD = st.one_of(JSON, TEXTS, st.integers(-(2**70), 2**70))


def an_object(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with these keys, each with a fitting or an odd value, or without it; and with others."""
    some = st.fixed_dictionaries({}, optional={key: st.one_of(value, ODD) for key, value in fields.items()})
    return st.tuples(some, st.dictionaries(st.text(max_size=8), ODD, max_size=2)).map(
        lambda both: {**both[1], **both[0]}
    )


BODIES = st.one_of(
    an_object(sender=st.text(min_size=1, max_size=20), message=TEXTS, message_id=st.text(max_size=80)),
    an_object(id=st.uuids().map(str), text=TEXTS),
    an_object(
        id=st.uuids().map(str),
        press=an_object(position=st.integers(0, 3), reply=st.integers(0, 6)),
    ),
    an_object(position=st.integers(0, 3), vote=st.sampled_from(["up", "down", None])),
    an_object(id=st.uuids().map(str), name=TEXTS, data=st.binary(max_size=60).map(lambda d: b64encode(d).decode())),
    an_object(language=st.sampled_from(["nl", "en"])),
    JSON,
)
RAW = st.one_of(
    BODIES.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=200),
    st.sampled_from([b"", b"{", b"[" * 5000, b'{"a":' * 3000, b"\xff\xfe", b"null", b"x" * 30_000, b"x" * 250_000]),
)
PATHS = st.sampled_from(
    [
        "/webhooks/rest/webhook",
        "/webhooks/rest/",
        "/webhooks/website/session",
        "/webhooks/website/messages",
        "/webhooks/website/feedback",
        "/webhooks/website/reports",
        "/webhooks/slack/events",
        "/health/live",
        "/metrics",
        "/",
        "/chat",
        "/install",
        "/widget.js",
        "/static/x",
        "/%00",
        "/../../etc/passwd",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Origin", "Last-Event-ID", "X-Forwarded-For", "Accept", "Cookie", "Range"]),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip),
    max_size=3,
)
"""Values without spaces around them: the client that sends them refuses those. Raw bytes have a test of their own."""


EVENTS = ["message", "app_mention", "app_home_opened", "event_callback", "url_verification", "im"]
INTERACTIONS = ["block_actions", "view_submission", "view_closed", "message_action", "shortcut", "block_suggestion"]
KINDS = st.sampled_from([*EVENTS, *INTERACTIONS, "reply_1", "share"])
NAMES = st.sampled_from(["U1", "T1", "D1", "C1", "1700000000.000100", "which_phase", "/advies", "niemand kent ons"])
SLACK: st.SearchStrategy[Any] = st.recursive(
    KINDS | NAMES | ODD,
    lambda inner: an_object(
        type=KINDS,
        **dict.fromkeys(["event", "user", "team", "channel", "message", "view", "container", "enterprise"], inner),
        **dict.fromkeys(["authorizations", "actions", "response_urls"], st.lists(inner, max_size=2)),
        **dict.fromkeys(["text", "command", "callback_id", "action_id", "channel_type", "subtype", "value"], NAMES),
        **dict.fromkeys(["user_id", "team_id", "channel_id", "event_id", "trigger_id", "ts", "thread_ts"], NAMES),
    ),
    max_leaves=12,
)
"""Bodies with Slack's field names, each with something that Slack might have sent there, or something else."""


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with all channels on; at the end it must be as alive as at the beginning."""
    slack = {"slack_bot_token": "xoxb-1", "slack_signing_secret": SIGNING_SECRET}
    slack["slack_api_url"] = "http://127.0.0.1:9/"
    running = Server(tmp_path_factory.mktemp("fuzz"), **UNLIMITED, **slack)
    running.start()
    try:
        before = psutil.Process(running.pid).memory_info().rss
        yield running
        assert httpx.get(f"{running.address}/health/ready", timeout=30).status_code == 200
        grown = (psutil.Process(running.pid).memory_info().rss - before) / 2**20
        assert grown < 200, f"{grown:.0f} MiB more"
        assert "Traceback" not in running.log, running.log
    finally:
        running.stop()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """A client with a session."""
    with httpx.Client(base_url=server.address, timeout=30) as made:
        token = made.post("/webhooks/website/session", json={"language": "nl"}).json()["token"]
        made.headers["Authorization"] = f"Bearer {token}"
        yield made


@pytest.fixture(scope="module")
def taken() -> set[str]:
    """The ids of messages that the website said it took."""
    return set()


def check(response: httpx.Response) -> None:
    """No server error, and whoever is refused learns why."""
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and response.request.method != "HEAD":
        assert response.json()["error"]
    assert "Traceback" not in response.text


@fuzz
@given(method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE", "HEAD"]), path=PATHS, body=RAW)
def test_any_body_on_any_route(client: httpx.Client, method: str, path: str, body: bytes) -> None:
    check(client.request(method, path, content=body, headers={"Content-Type": "application/json"}))


@fuzz
@given(path=PATHS, headers=HEADERS, body=BODIES)
def test_any_headers(client: httpx.Client, path: str, headers: dict[str, str], body: object) -> None:
    check(client.post(path, content=json.dumps(body).encode(), headers=headers))


@fuzz
@given(text=TEXTS)
def test_any_text_is_answered_by_rest(client: httpx.Client, text: str) -> None:
    body = json.dumps({"sender": "fuzz", "message": text, "input_channel": "slack", "metadata": {"language": "xx"}})
    response = client.post("/webhooks/rest/webhook", content=body)
    check(response)
    assert response.status_code == 200
    assert response.json()
    assert all(message["text"] for message in response.json())


@fuzz
@given(sent=st.lists(st.tuples(st.uuids(), TEXTS), min_size=1, max_size=4))
def test_any_text_that_the_website_took_is_kept_and_answered(
    client: httpx.Client, taken: set[str], sent: list[tuple[object, str]]
) -> None:
    token = client.post("/webhooks/website/session", json={}).json()["token"]
    for message_id, text in sent:
        body = json.dumps({"id": str(message_id), "text": text})
        headers = {"Authorization": f"Bearer {token}"}
        response = client.post("/webhooks/website/messages", content=body, headers=headers)
        check(response)
        assert response.status_code == 202
        taken.add(str(message_id))


@fuzz
@example(body=b'{"event":""}', kind="application/json", signed=True)
@example(body=b'{"type": "block_actions", "actions": [""]}', kind="application/json", signed=True)
@example(
    body=b'{"type": "event_callback", "event": {"type": "app_mention", "user": "U1"}}', kind="text/plain", signed=True
)
@given(
    body=st.one_of(
        RAW,
        SLACK.map(lambda body: json.dumps(body).encode()),
    ),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain"]),
    signed=st.booleans(),
)
def test_anything_in_slacks_name(client: httpx.Client, body: bytes, kind: str, signed: bool) -> None:
    signed = signed and body.decode("utf-8", "ignore").encode() == body  # else Slack could not sign it
    stamp = str(int(time.time()))
    verifier = SignatureVerifier(SIGNING_SECRET)
    signature = verifier.generate_signature(timestamp=stamp, body=body) if signed else "v0=0"
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(signature), "Content-Type": kind}
    response = client.post("/webhooks/slack/events", content=body, headers=headers)
    assert response.status_code < 500, response.text
    assert signed or response.status_code in (400, 401, 413), response.text


@fuzz
@given(
    data=st.binary(max_size=300),
    method=st.sampled_from(
        [
            b"",
            b"GET / HTTP/1.1\r\n",
            b"POST /webhooks/rest/webhook HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ]
    ),
)
def test_any_bytes_that_are_not_even_http(server: Server, client: httpx.Client, data: bytes, method: bytes) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(method + data)
    assert client.get("/health/live").status_code == 200


def test_everything_that_was_taken_is_kept_and_has_been_answered(server: Server, taken: set[str]) -> None:
    deadline = time.monotonic() + 60
    query = sa.select(messages.c.message_id, messages.c.answered).where(messages.c.text.is_not(None))
    while True:
        with engine(server.messages_db).connect() as connection:
            kept = {row.message_id: row.answered for row in connection.execute(query)}
        assert taken <= kept.keys()
        if all(kept.values()):
            return
        assert time.monotonic() < deadline, kept
        time.sleep(0.5)
