"""Messages that wait, fail or are refused: their order, their place, and what the visitor can do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.chat import Chat, conversation_of, texts_of
from tests.browser.conftest import Faults, Visits
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"
MESSAGES = "**/webhooks/website/messages"
SESSION = "**/webhooks/website/session"
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "small phone": {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True},
}


def too_fast(seconds: int) -> Any:
    """Answers as the server does to a visitor who is too fast."""
    return lambda route: route.fulfill(status=429, json={"problem": "too_fast", "seconds": seconds})


async def counts_down(seconds: Locator) -> None:
    """Whether a notice shows fewer seconds after a while."""

    async def left() -> int:
        return int("".join(filter(str.isdigit, await seconds.inner_text())))

    before = await left()
    await asyncio.sleep(1.1)
    assert 0 < await left() < before


async def test_messages_arrive_in_the_order_of_writing(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    waits = iter((0.6, 0.3, 0.0))

    async def delay(route: Route) -> None:
        await asyncio.sleep(next(waits))
        await route.continue_()

    await page.route(MESSAGES, delay)
    await page.evaluate("() => ['eerste', 'tweede', 'derde'].forEach((text) => klantkompas.ask(text))")
    await expect(chat.scope.locator(".sending")).to_have_count(0)
    await expect(chat.visitors).to_have_count(3)
    await chat.answer()
    assert list(filter(None, texts_of(server, await conversation_of(chat)))) == ["eerste", "tweede", "derde"]
    await expect(chat.visitors.locator(".bubble")).to_have_text(["eerste", "tweede", "derde"])


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("status", [429, 500])
async def test_why_a_message_was_not_sent_stands_in_sight_at_once(
    server: Server, visit: Visits, faults: Faults, screen: str, status: int
) -> None:
    faults.expect(f"status of {status}")
    chat = await visit.chat(server, **SCREENS[screen])
    page = chat.page
    await chat.say(PROBLEM)
    refuse = too_fast(42) if status == 429 else lambda route: route.fulfill(status=500)
    await page.route(MESSAGES, refuse)
    for message in ("en dan?", "hoe meet ik dat? " * 20):
        await chat.type(message)
        if status == 429:
            break
    await expect(chat.failed.last).to_be_attached()
    await chat.scrolled()
    await expect(chat.failed.last.locator(".problem")).to_be_in_viewport(ratio=1)
    for button in await chat.failed.last.get_by_role("button").all():
        await expect(button).to_be_in_viewport(ratio=1)


async def test_a_message_that_came_too_fast_counts_down_and_goes_by_itself_before_later_ones(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 429")
    chat = await visit.chat(server)
    page = chat.page
    await page.route(MESSAGES, too_fast(6), times=1)
    await chat.type("eerste")
    seconds = chat.failed.locator(".seconds")
    await counts_down(seconds)
    await chat.type("tweede")
    await expect(chat.visitors.last).to_contain_text(chat.text("sent_later"))
    await expect(chat.choices).not_to_have_count(0)
    await expect(chat.failed).to_have_count(0)
    await chat.answer()
    await expect(chat.visitors.locator(".bubble")).to_have_text(["eerste", "tweede"])
    assert list(filter(None, texts_of(server, await conversation_of(chat)))) == ["eerste", "tweede"]


async def test_a_failed_message_keeps_its_place_and_the_choices_and_can_be_removed(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 500")
    chat = await visit.chat(server)
    page = chat.page
    await page.route(MESSAGES, lambda route: route.fulfill(status=500), times=1)
    await chat.type("kapot")
    await expect(chat.failed).to_have_count(1)
    await expect(chat.choices).not_to_have_count(0)
    await chat.say(PROBLEM)
    await chat.say("hoe meet ik dat?")
    await expect(chat.choices).not_to_have_count(0)
    await expect(chat.visitors.locator(".bubble")).to_have_text(["kapot", PROBLEM, "hoe meet ik dat?"])
    await chat.failed.get_by_role("button", name=chat.text("remove")).click()
    await expect(chat.failed).to_have_count(0)
    await expect(chat.visitors).to_have_count(2)
    assert await chat.keeps_focus()


async def test_a_failed_message_that_is_sent_again_becomes_the_newest(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 500")
    chat = await visit.chat(server)
    page = chat.page
    await page.route(MESSAGES, lambda route: route.fulfill(status=500), times=1)
    await chat.type("dank je")
    await expect(chat.failed).to_have_count(1)
    await chat.say(PROBLEM)
    await chat.failed.get_by_role("button", name=chat.text("retry")).click()
    await expect(chat.failed).to_have_count(0)
    await chat.answer()
    await expect(chat.visitors.locator(".bubble")).to_have_text([PROBLEM, "dank je"])
    await chat.scrolled()
    await expect(chat.visitors.last).to_be_in_viewport()


async def test_what_was_typed_without_a_connection_arrives_in_order(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("ERR_INTERNET_DISCONNECTED")
    chat = await visit.chat(server)
    page = chat.page
    await page.context.set_offline(True)
    for message in ("eerste", "tweede", "derde"):
        await chat.type(message)
    await expect(chat.failed).to_have_count(1)
    await page.context.set_offline(False)
    await expect(chat.scope.locator(".sending, .failed")).to_have_count(0)
    assert list(filter(None, texts_of(server, await conversation_of(chat)))) == ["eerste", "tweede", "derde"]


async def test_a_server_that_takes_no_new_conversations_is_asked_again_when_it_said(
    server: Server, visit: Visits, faults: Faults
) -> None:
    faults.expect("status of 429")
    page = await visit(f"{server.address}/")
    asked_at: list[float] = []

    async def refuse(route: Route) -> None:
        asked_at.append(asyncio.get_running_loop().time())
        await too_fast(5)(route)

    await page.route(SESSION, refuse, times=1)
    chat = Chat(page)
    await chat.launcher.click()
    notice = chat.scope.locator(".offline .seconds")
    await counts_down(notice)
    await expect(chat.scope.get_by_text(chat.text("reconnecting"))).to_have_count(0)
    await chat.type(PROBLEM)
    await expect(chat.visitors).to_contain_text([chat.text("sent_later")])
    async with page.expect_request(SESSION):
        pass
    assert asyncio.get_running_loop().time() - asked_at[0] >= 4.5
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    await expect(notice).to_have_count(0)
