"""Several tabs, a server that stops and restarts, a failing connection: nothing is lost or duplicated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from bot.advice.answer import Answer, Section
from tests.browser.chat import Chat, conversation_of, store_of, stored_token, texts_of
from tests.browser.conftest import Faults, Visits
from tests.browser.scripted_stream import ScriptedStream
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"
MESSAGES = "**/webhooks/website/messages"
RETURNS_WITHIN = 30_000
"""Milliseconds in which a page finds a server that is back."""


CUT_OFF = "ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE"


async def start(*servers: Server) -> None:
    """Starts those that don't run, side by side."""
    down = []
    for server in servers:
        try:
            httpx.get(server.address, timeout=5)
        except httpx.TransportError:
            down.append(asyncio.to_thread(server.start))
    await asyncio.gather(*down)


@pytest_asyncio.fixture(loop_scope="session")
async def mortals(server: Server, slow_server: Server) -> AsyncIterator[tuple[Server, Server]]:
    """Two servers that the test may stop: they run again afterwards."""
    yield server, slow_server
    await start(server, slow_server)


async def test_two_tabs_show_the_same_conversation(server: Server, visit: Visits) -> None:
    one = await visit.chat(server)
    first = one.page
    second = await first.context.new_page()
    await second.goto(f"{server.address}/?business=printer")
    other = Chat(second)
    await other.open()
    await one.say(PROBLEM)
    await expect(other.messages).to_have_count(3)
    await other.answer()
    await other.say("hoe meet ik dat?")
    await expect(one.messages).to_have_count(5)
    await one.answer()
    assert await one.said() == await other.said()
    assert texts_of(server, await conversation_of(one)) == [None, PROBLEM, None, "hoe meet ik dat?", None]


async def test_a_new_conversation_in_one_tab_moves_the_other_along(server: Server, visit: Visits) -> None:
    one = await visit.chat(server)
    first = one.page
    await one.say(PROBLEM)
    second = await first.context.new_page()
    await second.goto(f"{server.address}/")
    other = Chat(second)
    await other.open()
    await expect(other.messages).to_have_count(3)
    before = await conversation_of(one)
    await one.start_new_conversation()
    await expect(one.messages).to_have_count(1)
    await expect(other.messages).to_have_count(1)
    assert await conversation_of(one) != before
    await other.say("bijna niemand kent ons")
    await expect(one.messages).to_have_count(3)


async def in_a_form(server: Server, visit: Visits) -> Chat:
    """A visitor who is asked for an e-mail address."""
    chat = Chat(await visit(f"{server.address}/"))
    await chat.open()
    await chat.say("ik wil een gratis concurrentiecheck")
    await expect(await chat.say("www.rivaal.nl")).to_contain_text("e-mailadres")
    return chat


async def assert_the_form_goes_on(server: Server, chat: Chat) -> None:
    await expect(chat.messages).to_have_count(7, timeout=RETURNS_WITHIN)
    await expect(chat.failed).to_have_count(0)
    await expect(await chat.answer()).to_contain_text("Ga je daarmee akkoord?")
    await expect(chat.scope.get_by_text(chat.text("reconnecting"))).to_have_count(0)
    await expect(await chat.press("Ja, akkoord")).to_contain_text("https://www.rivaal.nl")
    said = ["ik wil een gratis concurrentiecheck", "www.rivaal.nl", "jan@zaak.nl", "Ja, akkoord"]
    assert texts_of(server, await conversation_of(chat)) == [None, *(text for each in said for text in (each, None))]
    await expect(chat.messages).to_have_count(9)


async def test_a_form_goes_on_after_the_server_was_stopped_or_crashed(
    mortals: tuple[Server, Server], visit: Visits, faults: Faults
) -> None:
    """One message is typed while the server is stopped; the other one was just taken when the server crashed."""
    faults.expect(CUT_OFF)
    stopped, crashed = mortals
    typing, waiting = await in_a_form(stopped, visit), await in_a_form(crashed, visit)

    assert await asyncio.to_thread(stopped.stop) == 0, stopped.log
    await expect(typing.scope.get_by_text(typing.text("reconnecting"))).to_be_visible()
    await typing.type("jan@zaak.nl")
    await expect(typing.failed).to_contain_text(typing.text("problem_failed"))

    posted = httpx.post(
        f"{crashed.address}/webhooks/website/messages",
        json={"id": "just before", "text": "jan@zaak.nl"},
        headers={"Authorization": f"Bearer {await stored_token(waiting.page)}"},
    )
    crashed.kill()
    assert posted.status_code == 202

    await start(stopped, crashed)
    await assert_the_form_goes_on(stopped, typing)
    await assert_the_form_goes_on(crashed, waiting)


async def test_a_message_that_the_server_fails_on_can_be_sent_again(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 500")
    chat = await visit.chat(server)
    page = chat.page
    await page.route(MESSAGES, lambda route: route.fulfill(status=500, body="broken"))
    await chat.type(PROBLEM)
    await expect(chat.failed.get_by_role("alert")).to_contain_text(chat.text("problem_failed"))
    await page.unroute(MESSAGES)
    retry = chat.failed.get_by_role("button", name=chat.text("retry"))
    await retry.focus()
    await page.keyboard.press("Enter")
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    assert texts_of(server, await conversation_of(chat)) == [None, PROBLEM, None]
    await expect(chat.messages).to_have_count(3)
    assert await chat.keeps_focus()


async def test_a_lost_confirmation_does_not_duplicate_the_message(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("ERR_FAILED")
    chat = await visit.chat(server)
    page = chat.page

    async def deliver_without_telling(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route(MESSAGES, deliver_without_telling)
    await chat.say(PROBLEM)
    await expect(chat.failed).to_have_count(0)
    await expect(chat.messages).to_have_count(3)
    assert texts_of(server, await conversation_of(chat)) == [None, PROBLEM, None]


async def test_a_message_typed_offline_is_sent_once_online(server: Server, visit: Visits, faults: Faults) -> None:
    faults.expect("ERR_INTERNET_DISCONNECTED")
    chat = await visit.chat(server)
    page = chat.page
    await page.context.set_offline(True)
    notice = chat.scope.get_by_text(chat.text("offline"))
    await expect(notice).to_be_visible()
    await chat.type(PROBLEM)
    await expect(chat.failed).to_have_count(1)
    await page.context.set_offline(False)
    await expect(notice).to_have_count(0)
    await expect(chat.failed).to_have_count(0)
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    assert texts_of(server, await conversation_of(chat)) == [None, PROBLEM, None]


async def test_a_rate_limited_visitor_reads_when_to_continue(
    slow_server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 429")
    page = await visit(f"{slow_server.address}/")
    chat = Chat(page)
    await chat.open()
    for message in ("hallo", "dank je", "dag"):
        await chat.say(message)
    await chat.type("nog iets")
    notice = chat.failed.get_by_role("alert")
    await expect(notice).to_contain_text("Dat gaat me te snel.")
    seconds = int("".join(filter(str.isdigit, await notice.locator(".seconds").inner_text())))
    assert 0 < seconds <= 60
    await expect(notice.get_by_role("button").first).to_be_in_viewport(ratio=1)
    await expect(chat.failed.get_by_role("button", name=chat.text("retry"))).to_be_visible()


async def test_an_answer_that_does_not_come_can_be_asked_for_again(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    chat = Chat(page)
    await page.clock.install()
    await chat.open()
    conversation = await conversation_of(chat)
    store_of(server).add_user_message(conversation, PROBLEM, "left unanswered")
    await expect(chat.visitors).to_have_count(1)
    await page.clock.fast_forward(20_000)
    notice = chat.scope.get_by_role("alert").filter(has_text=chat.text("problem_slow"))
    await expect(notice).to_be_visible()
    await notice.get_by_role("button", name=chat.text("retry")).click()
    await expect(chat.messages).to_have_count(3)
    assert texts_of(server, conversation) == [None, PROBLEM, None]


async def open_chat(page: Page) -> Chat:
    chat = Chat(page)
    await chat.open()
    return chat


async def test_two_visitors_do_not_see_each_other(server: Server, visit: Visits) -> None:
    one = await open_chat(await visit(f"{server.address}/"))
    other = await open_chat(await visit(f"{server.address}/"))
    await one.say(PROBLEM)
    await other.say("bijna niemand kent ons")
    await expect(one.visitors.locator(".bubble")).to_have_text([PROBLEM])
    await expect(other.visitors.locator(".bubble")).to_have_text(["bijna niemand kent ons"])


RECONNECTS_AFTER = 2_000
SLOW_AFTER = 20_000
"""Milliseconds, by the clock of the page."""


async def with_scripted_stream(server: Server, visit: Visits) -> tuple[Chat, ScriptedStream]:
    """A visitor in the full window with one message of the advisor, and a clock that the test puts forward."""
    page = await visit(f"{server.address}/")
    await page.clock.install()
    await ScriptedStream.install(page)
    await page.goto(f"{server.address}/chat")
    chat = Chat(page, framed=False)
    stream = ScriptedStream(chat)
    await stream.opened(1)
    await stream.answer(1, "Hallo")
    await stream.send("current")
    await stream.send("typing", False)
    await chat.ready()
    return chat, stream


async def test_what_only_an_open_stream_knows_is_cleared_when_it_breaks(server: Server, visit: Visits) -> None:
    chat, stream = await with_scripted_stream(server, visit)
    dots, reconnecting = chat.scope.locator(".typing"), chat.scope.get_by_text(chat.text("reconnecting"))
    slow = chat.scope.get_by_text(chat.text("problem_slow"))
    await stream.ask(2, PROBLEM)
    await stream.send("typing", True)
    await expect(dots).to_be_visible()
    await chat.page.clock.fast_forward(SLOW_AFTER)
    await expect(slow).to_be_visible()

    await stream.lose()
    await expect(reconnecting).to_be_visible()
    await expect(dots).to_have_count(0)
    await expect(slow).to_have_count(0)
    await chat.page.clock.fast_forward(RECONNECTS_AFTER)
    await stream.opened(2)
    await expect(reconnecting).to_be_visible()
    await stream.send("current")
    await stream.send("typing", True)
    await expect(dots).to_be_visible()
    await expect(reconnecting).to_have_count(0)
    await expect(slow).to_have_count(0)
    await chat.page.clock.fast_forward(SLOW_AFTER)
    await expect(slow).to_be_visible()
    await stream.answer(3, "Do: gekozen worden")
    await stream.send("typing", False)
    await expect(dots).to_have_count(0)
    await expect(slow).to_have_count(0)


async def test_dots_go_out_when_the_answer_came_while_the_page_was_away(server: Server, visit: Visits) -> None:
    chat, stream = await with_scripted_stream(server, visit)
    dots = chat.scope.locator(".typing")
    await stream.ask(2, PROBLEM)
    await stream.send("typing", True)
    await expect(dots).to_be_visible()
    await stream.lose()
    await chat.page.clock.fast_forward(RECONNECTS_AFTER)
    await stream.opened(2)
    await stream.answer(3, "Do: gekozen worden")
    await stream.send("current")
    await stream.send("typing", False)
    await expect(chat.messages).to_have_count(3)
    await expect(dots).to_have_count(0)


async def set_visibility(chat: Chat, state: str) -> None:
    """What the browser reports when the visitor goes to another tab ("hidden") or comes back ("visible")."""
    await chat.evaluate(
        """(_, state) => {
            Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


async def test_a_tab_that_was_hidden_shows_what_the_new_stream_says(server: Server, visit: Visits) -> None:
    chat, stream = await with_scripted_stream(server, visit)
    dots = chat.scope.locator(".typing")
    await stream.ask(2, PROBLEM)
    await stream.send("typing", True)
    await expect(dots).to_be_visible()
    await set_visibility(chat, "hidden")
    await set_visibility(chat, "visible")
    await stream.opened(2)
    await expect(dots).to_have_count(0)
    await stream.send("current")
    await stream.send("typing", True)
    await expect(dots).to_be_visible()
    await stream.answer(3, "Do: gekozen worden")
    await stream.send("typing", False)
    await expect(dots).to_have_count(0)
    await expect(chat.messages).to_have_count(3)


async def test_an_answer_missed_while_disconnected_is_unread_once(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    await ScriptedStream.install(page)
    await page.reload()
    chat = Chat(page)
    stream = ScriptedStream(chat)
    await chat.launcher.click()
    await stream.opened(1)
    await stream.answer(1, "Hallo")
    await stream.send("current")
    await chat.ready()
    await chat.close()
    for number in (2, 3):
        await stream.lose()
        await stream.opened(number)
        await stream.answer(2, "Een collega kijkt met je mee.")
        await stream.send("current")
        await stream.send("typing", False)
        await expect(chat.badge).to_have_text("1")
    await expect(chat.messages).to_have_count(2)


async def test_a_new_conversation_in_another_tab_clears_unread_and_the_note_of_an_ended_session(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 401")
    first = await visit(f"{server.address}/")
    await first.evaluate("key => localStorage.setItem(key, 'forged')", f"klantkompas {server.address}")
    await first.reload()
    one = Chat(first)
    await one.open()
    note = one.scope.get_by_text(one.text("session_ended"))
    await expect(note).to_be_visible()
    await one.close()
    store_of(server).add_answers(
        await conversation_of(one), [Answer("nl", (Section(text="Een collega kijkt met je mee."),))]
    )
    await expect(one.badge).to_have_text("1")
    second = await first.context.new_page()
    await second.goto(f"{server.address}/")
    other = await open_chat(second)
    await expect(other.messages).to_have_count(2)
    await other.start_new_conversation()
    await expect(one.badge).to_be_hidden()
    await expect(note).to_have_count(0)
    await expect(one.messages).to_have_count(1)
