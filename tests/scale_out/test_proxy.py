"""What the proxy lets through, what it refuses, and what it adds."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from tests.scale_out.conftest import SESSIONS_PER_HOUR, Workers
from tests.scale_out.nginx import Nginx
from tests.support.processes import HOST, free_port
from tests.support.visitor import Visitor

SECURITY = {
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


async def raw(nginx: Nginx, request: str) -> str:
    """The first line of the answer to a request that no client would send."""
    reader, writer = await asyncio.open_connection(HOST, nginx.port, ssl=nginx.tls)
    writer.write(request.encode())
    line = await reader.readline()
    writer.close()
    return line.decode().strip()


async def test_http_leads_to_https(nginx: Nginx) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{nginx.plain_address}/chat?language=en")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{HOST}/chat?language=en")


@pytest.mark.parametrize("path", ["/chat", "/widget.js", "/health/live", "/nowhere", "/webhooks/website/stream"])
async def test_each_answer_has_the_security_headers_once(nginx: Nginx, visitor: Visitor, path: str) -> None:
    answer = await visitor.http.get(path)
    for name, value in SECURITY.items():
        assert answer.headers.get_list(name) == [value]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Server"] == "nginx"


async def test_the_chat_may_be_framed_by_the_sites_on_the_list(visitor: Visitor) -> None:
    answer = await visitor.http.get("/chat")
    assert "frame-ancestors 'self' http://localhost:*" in answer.headers["Content-Security-Policy"]


async def test_static_files_are_kept_by_browsers(visitor: Visitor) -> None:
    loader = await visitor.http.get("/widget.js")
    page = (await visitor.http.get("/chat")).text
    (script,) = {part.split('"')[0] for part in page.split('src="') if part.startswith("/widget/")}
    file = await visitor.http.get(script)
    assert loader.headers["Cache-Control"] == "public, max-age=300"
    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_a_file_that_one_worker_does_not_have_is_asked_of_the_other(
    nginx: Nginx, visitor: Visitor, workers: Workers
) -> None:
    path = "/widget/of-another-version.js"
    assert (await visitor.http.get(path)).status_code == 404
    (line,) = await nginx.logged(path)
    assert all(worker.netloc in line for worker in workers)


async def test_browsers_get_http_2(nginx: Nginx) -> None:
    context = nginx.tls
    context.set_alpn_protocols(["h2", "http/1.1"])
    assert await asyncio.to_thread(protocol, nginx, context) == "h2"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
async def test_old_tls_is_refused(nginx: Nginx) -> None:
    context = nginx.tls
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or our own side would refuse it
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)alert.*protocol.version"):
        await asyncio.to_thread(protocol, nginx, context)


def protocol(nginx: Nginx, context: ssl.SSLContext) -> str | None:
    """What nginx and a client with this context agree on."""
    with (
        socket.create_connection((HOST, nginx.port)) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        return connection.selected_alpn_protocol()


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/%6detrics",
        "/widget/../metrics",
        "/widget/%2e%2e/metrics",
        "/widget/..%2fmetrics",
        "/chat/../metrics",
        "/health/ready",
        "/webhooks/rest/webhook",
        "/webhooks/rest/",
        "/webhooks/website/../rest/webhook",
        "/webhooks/website/..%2frest/webhook",
        "/webhooks//rest/webhook",
    ],
)
async def test_what_is_not_for_visitors_is_not_there(nginx: Nginx, workers: Workers, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await raw(nginx, f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n")
        assert answer == "HTTP/1.1 404 Not Found"
    assert await nginx.logged(path, 2) == ["404 GET -", "404 POST -"], "a worker was asked"


async def test_prometheus_on_this_machine_reads_the_metrics_of_each_worker(workers: Workers) -> None:
    async with httpx.AsyncClient() as client:
        for worker in workers:
            answer = await client.get(f"{worker.address}/metrics")
            assert "klantkompas_turns" in answer.text


async def test_whether_it_is_alive_may_be_asked_from_outside(visitor: Visitor) -> None:
    assert (await visitor.http.get("/health/live")).json() == {"status": "ok"}


async def test_the_page_of_a_plan_is_passed_on(visitor: Visitor) -> None:
    answer = await visitor.http.get("/plan/unknown")
    assert answer.status_code == 404
    assert "Dit plan is er niet meer" in answer.text


async def test_the_page_that_sets_up_the_chat_is_passed_on_with_its_preview(visitor: Visitor) -> None:
    for path in ("/install", "/install/preview"):
        assert (await visitor.http.get(path)).status_code == 200


async def test_another_name_is_refused(nginx: Nginx, workers: Workers) -> None:
    answer = await raw(nginx, "GET /chat HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert answer.startswith("HTTP/1.1 421")


async def test_the_chat_page_is_of_the_same_origin_and_other_sites_are_not(nginx: Nginx, visitor: Visitor) -> None:
    ours = await visitor.http.post("/webhooks/website/session", json={}, headers={"Origin": nginx.address})
    theirs = await visitor.http.post("/webhooks/website/session", json={}, headers={"Origin": "https://evil.example"})
    assert (ours.status_code, theirs.status_code) == (201, 403)


async def test_the_demo_page_names_the_address_that_visitors_see(nginx: Nginx, visitor: Visitor) -> None:
    claims = {"X-Forwarded-Host": "evil.example", "X-Scheme": "javascript", "X-Forwarded-Proto": "gopher"}
    page = (await visitor.http.get("/", headers=claims)).text
    assert nginx.address in page
    assert not any(claim in page for claim in ("evil.example", "gopher"))


async def test_a_body_that_is_too_large_does_not_reach_a_worker(nginx: Nginx, visitor: Visitor) -> None:
    body = {"id": "large", "text": "x" * 30_000}
    path = "/webhooks/website/messages?large"
    answer = await visitor.http.post(path, json=body, headers=visitor.headers)
    assert answer.status_code == 413
    assert answer.json() == {"error": "the body is too large", "problem": "too_long"}
    assert await nginx.logged(path) == ["413 POST -"]


async def test_slack_may_send_more_than_visitors(visitor: Visitor) -> None:
    sizes = (100_000, 300_000)
    refused = [(await visitor.http.post("/webhooks/slack/events", content=b"x" * size)).status_code for size in sizes]
    assert refused == [404, 413], "Slack is off in these tests, so that the first is not found by a worker"


async def test_a_flood_is_refused_in_json_and_others_are_served(nginx: Nginx, workers: Workers) -> None:
    async with nginx.visitor() as flood, nginx.visitor() as other:
        sent = [flood.http.post("/webhooks/website/feedback", json={}) for _ in range(80)]
        got = await asyncio.gather(*sent)
        refused = [answer for answer in got if answer.status_code == 429]
        assert {answer.status_code for answer in got} == {401, 429}
        assert 30 <= len(refused) <= 50
        assert refused[0].json() == {
            "error": "too many requests; try again in 10 s",
            "problem": "too_fast",
            "seconds": 10,
        }
        assert refused[0].headers["Retry-After"] == "10"
        for name, value in SECURITY.items():
            assert refused[0].headers.get_list(name) == [value]
        await other.start_session()


async def test_without_any_worker_it_says_so_in_json(tmp_path: Path) -> None:
    nginx = Nginx(tmp_path, [f"{HOST}:{free_port()}"])
    nginx.start()
    async with nginx.visitor() as visitor:
        answer = await visitor.http.post("/webhooks/website/session", json={})
    nginx.stop()
    assert answer.status_code == 503
    assert answer.json() == {"error": "the advisor is restarting", "problem": "failed"}


async def test_workers_count_together_whatever_address_a_client_claims(nginx: Nginx, workers: Workers) -> None:
    async with nginx.visitor() as visitor, nginx.visitor() as other:
        for number in range(SESSIONS_PER_HOUR):
            await visitor.http.get("/health/live")  # or one worker would get all that begins
            answer = await begin_as(visitor, f"203.0.113.{number}")
            assert answer.status_code == 201
        for _ in workers:
            answer = await begin_as(visitor, "203.0.113.200")
            assert answer.status_code == 429
            assert answer.json()["problem"] == "too_fast"
            assert answer.headers.get_list("Retry-After") == [str(answer.json()["seconds"])]
        await other.start_session()


async def begin_as(visitor: Visitor, claimed: str) -> httpx.Response:
    """Begins a conversation with a claim where it comes from."""
    claims = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP"), claimed)
    claims["Forwarded"] = f"for={claimed}"
    return await visitor.http.post("/webhooks/website/session", json={}, headers=claims)


async def test_a_client_that_sends_its_header_too_slowly_is_cut_off(nginx: Nginx) -> None:
    reader, writer = await asyncio.open_connection(HOST, nginx.port, ssl=nginx.tls)
    writer.write(b"GET /chat HTTP/1.1\r\nHost:")
    assert await asyncio.wait_for(reader.read(), 15) == b""
    writer.close()
