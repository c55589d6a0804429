"""A real browser on the real server; each test gets a visitor of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, WebError, async_playwright, expect

from bot.settings import ROOT
from tests.browser.chat import Chat
from tests.browser.chromium import find_chromium
from tests.browser.host_site import HostSite
from tests.support.processes import free_port
from tests.support.server import Server

SCREENSHOTS = ROOT / "var" / "browser"
FOREIGN_HOST = "evil.test"
"""A host name that resolves to this machine, but may not show the chat by default."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--host-resolver-rules=MAP {FOREIGN_HOST} 127.0.0.1",
]

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "nl-NL"}
TIMEOUT = 15_000
"""Milliseconds that the browser and assertions wait for something to happen: long, since the machine may be busy."""

expect.set_options(timeout=TIMEOUT)

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Notes whether the test failed, for the screenshot."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.stash[FAILED] = report.failed


@pytest.fixture(scope="session")
def servers(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """A generous server and a slow one, started side by side since that takes its time."""
    many = dict.fromkeys(("messages_per_minute_per_address", "sessions_per_hour_per_address"), "6000")
    mail = {"smtp_url": f"smtp://127.0.0.1:{free_port()}", "smtp_sender": "info@jouwbureau.nl"}  # nobody listens there
    generous = Server(tmp_path_factory.mktemp("browser"), messages_per_minute="600", sites="", **many, **mail)
    slow = Server(tmp_path_factory.mktemp("slow"), messages_per_minute="3", sites="", **many)
    with ThreadPoolExecutor() as pool:
        list(pool.map(Server.start, (generous, slow)))
    yield generous, slow
    for server in (generous, slow):
        assert server.stop() == 0, server.log


@pytest.fixture(scope="session")
def server(servers: tuple[Server, Server]) -> Server:
    """The server that the tests share, generous enough for all of them."""
    return servers[0]


@pytest.fixture(scope="session")
def slow_server(servers: tuple[Server, Server]) -> Server:
    """A server where a visitor may send three messages a minute."""
    return servers[1]


@pytest.fixture(scope="session")
def host_site(server: Server) -> Iterator[HostSite]:
    """A website of somebody else."""
    site = HostSite(server.address)
    yield site
    site.close()


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """Where Chromium is; found outside the loop, since it may take Playwright's synchronous interface."""
    return find_chromium()


@pytest.fixture(scope="session")
async def browser(chromium: str | None) -> AsyncIterator[Browser]:
    """One Chromium for the session."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


class Faults:
    """Errors on the console and uncaught exceptions in the pages of a test."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._expected: list[str] = []
        self._more = asyncio.Event()

    def expect(self, pattern: str) -> None:
        """Lets errors pass that a regular expression finds."""
        self._expected.append(pattern)

    async def until(self, pattern: str, times: int) -> None:
        """Waits until a regular expression finds that many errors."""
        while sum(bool(re.search(pattern, fault)) for fault in self.seen) < times:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), TIMEOUT / 1000)

    @property
    def unexpected(self) -> list[str]:
        """The errors that the test did not announce."""
        return [fault for fault in self.seen if not any(re.search(pattern, fault) for pattern in self._expected)]

    def watch(self, context: BrowserContext) -> None:
        """Listens to all pages of a context."""
        context.on("console", self._console)
        context.on("weberror", self._uncaught)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._add(f"{message.text} ({message.location.get('url')})")

    def _uncaught(self, error: WebError) -> None:
        self._add(f"uncaught: {error.error}")

    def _add(self, fault: str) -> None:
        self.seen.append(fault)
        self._more.set()


@pytest.fixture
def faults() -> Faults:
    """Errors of the test's pages; a test that causes some says so by `faults.expect`."""
    return Faults()


class Visits:
    """Opens pages, each visitor in a browser context of his own."""

    def __init__(self, browser: Browser, faults: Faults) -> None:
        self._browser = browser
        self._faults = faults
        self.contexts: list[BrowserContext] = []

    async def __call__(self, address: str, **options: Any) -> Page:
        """A new visitor's page; `options` as Browser.new_context takes them, on top of those of a Dutch desktop."""
        context = await self._browser.new_context(**{**DESKTOP, **options})
        context.set_default_timeout(TIMEOUT)
        self.contexts.append(context)
        self._faults.watch(context)
        page = await context.new_page()
        await page.goto(address)
        return page

    async def chat(self, server: Server, **options: Any) -> Chat:
        """The open chat of a new visitor on the server's own page."""
        chat = Chat(await self(f"{server.address}/", **options))
        await chat.open()
        return chat


@pytest.fixture
async def visit(browser: Browser, faults: Faults, request: pytest.FixtureRequest) -> AsyncIterator[Visits]:
    """Opens pages. A failing test leaves screenshots in var/browser; an unexpected error in a page fails the test."""
    visits = Visits(browser, faults)
    yield visits
    if request.node.stash.get(FAILED, False) or faults.unexpected:
        await _take_screenshots(visits, request.node.name)
    for context in visits.contexts:
        await context.close()
    assert faults.unexpected == []


async def _take_screenshots(visits: Visits, test: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    pages = [page for context in visits.contexts for page in context.pages]
    for number, page in enumerate(pages, start=1):
        name = re.sub(r"[^\w-]+", "-", test) + (f"-{number}" if len(pages) > 1 else "")
        await page.screenshot(path=SCREENSHOTS / f"{name}.png")
