"""The demo pages: four businesses, with what a chat has to live with."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat
from tests.browser.conftest import Visits
from tests.support.server import Server

BUSINESSES = ("agency", "accountant", "web_studio", "printer")


async def test_each_business_has_its_own_type_and_colours(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    looks = set()
    for business in BUSINESSES:
        await page.goto(f"{server.address}/?business={business}")
        style = "h1 => [getComputedStyle(h1).fontFamily, getComputedStyle(document.body).backgroundColor].join()"
        looks.add(await page.get_by_role("heading", level=1).evaluate(style))
    assert len(looks) == len(BUSINESSES)


@pytest.mark.parametrize("business", BUSINESSES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_demo_page_fits_a_phone_light_and_dark(
    server: Server, visit: Visits, business: str, scheme: str
) -> None:
    phone = {"viewport": {"width": 320, "height": 568}, "color_scheme": scheme}
    page = await visit(f"{server.address}/?business={business}", **phone)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_the_launcher_stands_clear_of_the_cookie_bar(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/?business=printer")
    chat = Chat(page)
    bar, button = await page.locator(".cookies").bounding_box(), await chat.launcher.bounding_box()
    assert bar
    assert button
    assert button["y"] + button["height"] <= bar["y"]
    await page.get_by_role("button", name="Prima").click()
    await expect(page.locator(".cookies")).to_have_count(0)
    await chat.open()


async def test_the_chat_stays_open_while_the_studio_replaces_its_body(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/?business=web_studio")
    chat = Chat(page)
    await chat.open()
    await chat.say("hallo")
    said = await chat.said()
    await page.evaluate("() => { window.here = true }")
    await page.get_by_role("link", name="Wat we doen").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Wat we doen")
    assert await page.evaluate("() => window.here"), "the browser has loaded the page again"
    await expect(chat.dialog).to_be_visible()
    assert await chat.said() == said
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Websites die je zelf durft aan te passen")
    await page.get_by_role("button", name="Vraag het onze adviseur").click()
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
