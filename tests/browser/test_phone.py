"""The chat on a phone: the keyboard, the back button, the first tap."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.accessibility import OUT_OF_SIGHT
from tests.browser.chat import Chat, animations_finished
from tests.browser.conftest import Visits
from tests.browser.host_site import HostSite
from tests.support.server import Server

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

KEYBOARD = """if (self === top) {
    const view = Object.assign(new EventTarget(), { width: 390, height: 844, offsetTop: 0, scale: 1 });
    Object.defineProperty(window, "visualViewport", { value: view });
    window.look = (change) => view.dispatchEvent(new Event("resize", Object.assign(view, change)));
}"""
"""A browser whose screen keyboard the test opens and closes: no browser without a screen has one."""


async def tapped(page: Page) -> Chat:
    """The chat, opened with a finger."""
    chat = Chat(page)
    await chat.launcher.tap()
    await chat.ready()
    await animations_finished(chat.dialog)
    return chat


async def test_header_and_box_stay_in_sight_above_the_keyboard(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/", **PHONE)
    await page.add_init_script(KEYBOARD)
    await page.reload()
    chat = await tapped(page)
    await page.evaluate("() => look({ height: 480, offsetTop: 120 })")
    assert await chat.dialog.bounding_box() == {"x": 0, "y": 120, "width": 390, "height": 480}
    assert await chat.evaluate(OUT_OF_SIGHT) == []
    await page.evaluate("() => look({ height: 300, offsetTop: 50, scale: 2 })")
    assert await chat.dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    await page.evaluate("() => look({ height: 844, offsetTop: 0, scale: 1 })")
    assert await chat.dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}


async def test_the_back_button_closes_the_chat_and_stays_on_the_page(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(attributes=None), **PHONE)
    await page.goto(host_site.page())
    await page.evaluate("() => history.replaceState({ of: 'the site' }, '')")
    address = page.url
    chat = await tapped(page)
    await page.go_back()
    await expect(chat.dialog).to_be_hidden()
    assert page.url == address
    assert await page.evaluate("() => history.state") == {"of": "the site"}

    await tapped(page)
    await chat.close()
    await page.wait_for_function("() => !('klantkompas' in history.state)")
    await page.go_back()
    assert page.url != address, "an entry of the chat was left"


async def test_on_a_desktop_the_history_is_the_sites(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await chat.open()
    before = await page.evaluate("() => history.length")
    await page.evaluate("() => history.pushState({}, '', '#next')")
    await page.go_back()
    await chat.say("hallo")
    await expect(chat.dialog).to_be_visible()
    assert await page.evaluate("() => history.length") == before + 1


@pytest.mark.parametrize("again", [False, True])
async def test_a_tap_draws_no_ring_around_the_conversation(server: Server, visit: Visits, again: bool) -> None:
    page = await visit(f"{server.address}/", **PHONE)
    chat = await tapped(page)
    if again:
        await chat.choices.first.tap()
        await chat.answer()
    await expect(chat.log).to_be_focused()
    assert await chat.log.evaluate("log => getComputedStyle(log).outlineStyle") == "none"
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Tab")
    await expect(chat.log).to_be_focused()
    assert await chat.log.evaluate("log => getComputedStyle(log).outlineStyle") == "solid"
