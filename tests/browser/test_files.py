"""What the browser loads: size, speed, caching."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat
from tests.browser.conftest import Visits
from tests.support.server import Server

LOADER_LIMIT = 6_000
CHAT_LIMIT = 130_000
OPENS_WITHIN = 300
"""Milliseconds from the click to the dialog."""


def fetch(address: str, encoding: str = "gzip", **headers: str) -> httpx.Response:
    return httpx.get(address, headers={"Accept-Encoding": encoding, **headers}, timeout=30)


def sent_bytes(address: str) -> int:
    """How many bytes of a body go over the line."""
    with httpx.stream("GET", address, headers={"Accept-Encoding": "gzip"}, timeout=30) as response:
        assert response.status_code == 200
        return sum(len(part) for part in response.iter_raw())


def files_of(server: Server, page: str) -> list[str]:
    """The hashed files that a page names."""
    return sorted(set(re.findall(r'(?:src|href)="(/widget/[^"]+)"', fetch(server.address + page).text)))


def test_the_loader_is_small(server: Server) -> None:
    size = sent_bytes(f"{server.address}/widget.js")
    print(f"loader: {size} bytes")
    assert size <= LOADER_LIMIT


def test_what_the_chat_loads_is_small(server: Server) -> None:
    files = [name for name in files_of(server, "/chat") if name.endswith((".js", ".css"))]
    assert len(files) == 2
    size = sum(sent_bytes(server.address + path) for path in ("/chat", *files))
    print(f"chat: {size} bytes")
    assert size <= CHAT_LIMIT


async def test_the_browser_loads_nothing_else(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.removeprefix(server.address).partition("?")[0]))
    await Chat(page).open()
    files = [path for path in files_of(server, "/chat") if not path.endswith(".txt")]
    assert sorted(set(fetched)) == sorted(["/chat", *files, "/webhooks/website/session", "/webhooks/website/stream"])


async def test_the_chat_opens_at_once(server: Server, visit: Visits) -> None:
    """The best of three visitors counts: other processes may slow down one of them."""
    opened = []
    for _ in range(3):
        page = await visit(f"{server.address}/")
        await page.evaluate(
            """() => {
                const shadow = document.querySelector("#klantkompas").shadowRoot;
                window.opened = new Promise((done) => shadow.addEventListener("click", () => {
                    const clicked = performance.now();
                    const look = () => {
                        const { open, offsetHeight } = shadow.querySelector("dialog");
                        if (open && offsetHeight) requestAnimationFrame(() => done(performance.now() - clicked));
                        else requestAnimationFrame(look);
                    };
                    look();
                }, { capture: true, once: true }));
            }"""
        )
        chat = Chat(page)
        await chat.launcher.click()
        opened.append(await page.evaluate("() => window.opened"))
        await expect(chat.messages.first).to_be_visible()
    print(f"from the click to the dialog: {min(opened):.0f} ms")
    assert min(opened) < OPENS_WITHIN


@pytest.mark.parametrize("page", ["/chat", "/"])
def test_hashed_files_are_compressed_and_cached_for_ever(server: Server, page: str) -> None:
    files = [path for path in files_of(server, page) if not path.endswith(".txt")]
    assert files
    for path in files:
        assert re.search(r"-[A-Z0-9]{8}\.(js|css)$", path)
        packed, plain = fetch(server.address + path), fetch(server.address + path, "identity")
        for answer in (packed, plain):
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert packed.content == plain.content
    assert fetch(f"{server.address}/widget/chat-NOWHERE1.js").status_code == 404


def test_the_loader_is_asked_for_again_by_its_tag(server: Server) -> None:
    first = fetch(f"{server.address}/widget.js")
    assert first.status_code == 200
    assert first.headers["Content-Type"].startswith("text/javascript")
    again = fetch(f"{server.address}/widget.js", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert fetch(f"{server.address}/widget.js", **{"If-None-Match": '"other"'}).status_code == 200


def test_the_licences_are_served(server: Server) -> None:
    (path,) = [path for path in files_of(server, "/chat") if path.endswith(".txt")]
    answer = fetch(server.address + path)
    assert answer.headers["Content-Type"].startswith("text/plain")
    for package in ("@vaadin/message-input", "lit", "eventsource-client", "dompurify", "marked"):
        assert re.search(rf"^{re.escape(package)} \d", answer.text, re.MULTILINE), package
    assert "Apache License" in answer.text
