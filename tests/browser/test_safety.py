"""Attacks: markup, forged sessions, commands, floods, framing by other sites."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from bot.chat.website.sessions import Sessions
from tests.browser.chat import SESSIONS, Chat, conversation_of, stored_token, text
from tests.browser.conftest import FOREIGN_HOST, Faults, Visits
from tests.browser.host_site import HostSite
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"

ATTACKS = (
    "<img src=x onerror=\"alert('img')\">",
    "<script>alert('script')</script>",
    "[lees dit](javascript:alert('link')) **vet**",
    "<svg onload=alert(1)> onze bezoekers bestellen niet <b>vet</b>",
)


def refuse_dialogs(page: Page) -> list[str]:
    """Notes what scripts alert; stays empty."""
    seen: list[str] = []

    async def dismiss(dialog: Any) -> None:
        seen.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", dismiss)
    return seen


async def assert_only_text(chat: Chat) -> None:
    """No element in the log was created from typed text."""
    assert await chat.log.locator("img, script, svg:not(.thumb svg), [onload], [onerror], [onclick]").count() == 0
    assert await chat.log.locator("a[href^='javascript:' i]").count() == 0
    typed = chat.log.locator(".visitor .bubble, .value, q")
    assert await typed.evaluate_all("found => found.flatMap(element => [...element.children]).length") == 0


@pytest.mark.parametrize("attack", ATTACKS)
async def test_typed_markup_is_shown_as_text(server: Server, visit: Visits, attack: str) -> None:
    page = await visit(f"{server.address}/")
    alerts = refuse_dialogs(page)
    chat = Chat(page)
    await chat.open()
    await chat.say(attack)
    await expect(chat.visitors.last.locator(".bubble")).to_have_text(attack)
    await assert_only_text(chat)
    await page.reload()
    await chat.open()
    await expect(chat.visitors.last.locator(".bubble")).to_have_text(attack)
    await assert_only_text(chat)
    assert alerts == []


async def test_markup_that_a_page_asks_for_the_visitor_is_shown_as_text(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    alerts = refuse_dialogs(page)
    chat = Chat(page)
    await page.evaluate("text => window.klantkompas.ask(text)", ATTACKS[0])
    await chat.answer()
    await expect(chat.visitors.locator(".bubble")).to_have_text([ATTACKS[0]])
    await assert_only_text(chat)
    assert alerts == []


async def test_markup_in_the_quoted_words_is_shown_as_text(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    alerts = refuse_dialogs(page)
    chat = Chat(page)
    await chat.open()
    answer = await chat.say("helemaal niemand *kent* ons hier in het <i>dorp</i> [echt](javascript:alert(1))")
    await expect(answer.locator("q")).not_to_have_count(0)
    await assert_only_text(chat)
    assert await answer.locator("q i, q b, q strong, q a").count() == 0
    assert alerts == []


async def test_markup_in_a_form_is_shown_as_text_in_the_summary(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    alerts = refuse_dialogs(page)
    chat = Chat(page)
    await chat.open()
    await chat.say("ik wil een afspraak maken")
    await chat.say("Karin <img src=x onerror=alert(1)> de Boer")
    await chat.say("karin@zaak.nl")
    summary = await chat.say("dinsdagochtend [x](javascript:alert(1)) **graag** `nu`")
    values = summary.locator(".value")
    await expect(values.first).to_contain_text("Karin")
    await expect(values.last).to_contain_text("dinsdagochtend [x](javascript:alert(1)) **graag** `nu`")
    await assert_only_text(chat)
    assert await summary.locator("strong, code, a").count() == 0
    assert alerts == []


def changed(token: str) -> str:
    """The token with another conversation in it, under the old signature."""
    payload, rest = token.split(".", 1)
    return f"{payload[:-4]}AAAA.{rest}"


@pytest.mark.parametrize("kind", ["forged", "changed", "of another secret"])
async def test_an_invalid_token_gets_a_new_conversation_and_nobody_elses(
    server: Server, visit: Visits, faults: Faults, kind: str
) -> None:
    faults.expect("status of 401")
    victim = Chat(await visit(f"{server.address}/"))
    await victim.open()
    await victim.say(PROBLEM)
    token = await stored_token(victim.page)
    conversation = SESSIONS.read(token).conversation
    other_secret = Sessions("another secret", days=1)._serializer.dumps([conversation, "nl"])
    bad = {"forged": conversation, "changed": changed(token), "of another secret": str(other_secret)}[kind]

    page = await visit(f"{server.address}/")
    await page.evaluate("([key, bad]) => localStorage.setItem(key, bad)", [f"klantkompas {server.address}", bad])
    await page.reload()
    chat = Chat(page)
    await chat.open()
    await expect(chat.scope.get_by_text(chat.text("session_ended"))).to_be_visible()
    await expect(chat.messages).to_have_count(1)
    await expect(chat.visitors).to_have_count(0)
    assert await conversation_of(chat) != conversation
    await expect(await chat.say("bijna niemand kent ons")).to_contain_text("See")
    await expect(victim.messages).to_have_count(3)


async def test_what_a_page_asks_is_not_lost_when_the_session_is_unknown(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 401")
    page = await visit(f"{server.address}/")
    await page.evaluate("key => localStorage.setItem(key, 'forged')", f"klantkompas {server.address}")
    await page.reload()
    await page.evaluate("text => window.klantkompas.ask(text)", PROBLEM)
    chat = Chat(page)
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    await expect(chat.visitors).to_have_count(1)


class Caller:
    """A client of the HTTP interface without a browser."""

    def __init__(self, server: Server) -> None:
        self.root = f"{server.address}/webhooks/website"
        self.token = str(httpx.post(f"{self.root}/session", json={}, timeout=30).json()["token"])

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return httpx.post(f"{self.root}/{path}", json=body, headers=headers, timeout=30)

    def say(self, text: str, **headers: str) -> httpx.Response:
        return self.post("messages", {"id": secrets.token_hex(8), "text": text}, **headers)


@pytest.mark.parametrize("path", ["session", "messages", "feedback"])
def test_another_sites_script_is_refused(server: Server, path: str) -> None:
    caller = Caller(server)
    answer = caller.post(path, {"id": "1", "text": "hoi"}, Origin=f"http://{FOREIGN_HOST}")
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert caller.post(path, {"id": "1", "text": "hoi"}, Origin="null").status_code == 403


def test_a_stream_needs_a_token(server: Server) -> None:
    for headers in ({}, {"Authorization": "Bearer forged"}, {"Authorization": "Basic eDp5"}):
        answer = httpx.get(f"{server.address}/webhooks/website/stream", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["problem"] == "session_ended"


@pytest.mark.parametrize(
    "press", [{"position": 1, "reply": 99}, {"position": 99, "reply": 0}, {"position": 1, "reply": -1}]
)
def test_a_button_that_was_not_issued_cannot_be_pressed(server: Server, press: dict[str, int]) -> None:
    assert Caller(server).post("messages", {"id": "1", "press": press}).status_code in (400, 404)


def test_a_huge_body_is_refused(server: Server) -> None:
    assert Caller(server).say("x" * 30_000).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"{}",
        b'{"id": 5, "text": "x"}',
        b'{"id": "1", "text": ["x"]}',
        b'{"id": "1", "press": "x"}',
    ],
)
def test_a_malformed_message_is_refused_with_the_reason(server: Server, body: bytes) -> None:
    caller = Caller(server)
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    answer = httpx.post(f"{caller.root}/messages", content=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_site_that_is_not_listed_shows_nothing_and_its_owner_reads_why(
    visit: Visits, host_site: HostSite
) -> None:
    page = await visit(host_site.page(attributes=None, host=FOREIGN_HOST))
    for call in ("open", "close", "toggle", "ask"):
        async with page.expect_console_message(lambda message: "KLANTKOMPAS_SITES" in message.text):
            await page.goto(host_site.page(host=FOREIGN_HOST))
        async with page.expect_console_message(lambda message: FOREIGN_HOST in message.text):
            await page.evaluate("call => window.klantkompas[call]('hallo')", call)
    await expect(page.locator("#klantkompas")).to_have_count(0)
    assert await page.evaluate("() => Object.keys(localStorage)") == []


async def test_a_site_that_is_not_listed_and_hides_its_name_shows_no_frame(
    visit: Visits, host_site: HostSite, faults: Faults
) -> None:
    faults.expect("status of 403|frame-ancestors")
    page = await visit(host_site.page('referrerpolicy="no-referrer"', host=FOREIGN_HOST))
    async with page.expect_console_message(lambda message: "does not load" in message.text):
        await page.evaluate("() => window.klantkompas.open()")
    failed = page.locator("#klantkompas .failed")
    await expect(failed).to_contain_text("De chat laadt niet.")
    await expect(page.locator("#klantkompas iframe")).to_be_hidden()
    await failed.get_by_role("button", name=text("close")).click()
    await expect(page.locator("#klantkompas dialog")).to_be_hidden()
    assert await page.evaluate("() => Object.keys(localStorage)") == []


async def test_a_foreign_page_cannot_frame_the_chat_under_a_false_name(
    server: Server, visit: Visits, host_site: HostSite, faults: Faults
) -> None:
    faults.expect("frame-ancestors|chrome-error")
    chats = (f"{server.address}/chat", f"{server.address}/chat?host={server.address}")
    body = "".join(f'<iframe src="{chat}"></iframe>' for chat in chats)
    page = await visit(host_site.page(attributes=None, body=body, host=FOREIGN_HOST))
    await faults.until("frame-ancestors", times=len(chats))
    assert [frame for frame in page.frames if await frame.locator("vaadin-message-input").count()] == []


@pytest.mark.parametrize("command", ["/restart", '/ask_channels{"phase": "care"}'])
async def test_typed_commands_are_text(server: Server, visit: Visits, command: str) -> None:
    chat = await visit.chat(server)
    await chat.say(PROBLEM)
    answer = await chat.say(command)
    await expect(chat.visitors.last.locator(".bubble")).to_have_text(command)
    await expect(answer).not_to_contain_text("in Care")
    await expect(await chat.say("welke kanalen?")).to_contain_text("Do")
    await expect(chat.messages).to_have_count(7)


async def test_a_flood_is_refused_and_the_server_goes_on(slow_server: Server, visit: Visits, faults: Faults) -> None:
    faults.expect("status of 429")
    page = await visit(f"{slow_server.address}/")
    chat = Chat(page)
    await chat.open()
    answers = await chat.evaluate(
        """async (_, token) => Promise.all(Array.from({ length: 60 }, async (_, at) => {
            const response = await fetch("/webhooks/website/messages", {
                method: "POST",
                headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
                body: JSON.stringify({ id: `flood ${at}`, text: "hallo" }),
            });
            return [response.status, response.headers.get("Retry-After")];
        }))""",
        await stored_token(page),
    )
    statuses = [status for status, _ in answers]
    assert (statuses.count(202), statuses.count(429)) == (3, 57)
    assert all(0 < int(seconds) <= 60 for status, seconds in answers if status == 429)
    other = Chat(await visit(f"{slow_server.address}/"))
    await other.open()
    await expect(await other.say(PROBLEM)).to_contain_text("Do: gekozen worden")
