"""The page of a plan in the browser: accessible, on a phone, by keyboard, and on paper; and the funnel's picture."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.accessibility import AXE, RUN, TAGS
from tests.browser.chat import Chat
from tests.browser.conftest import Faults, Visits
from tests.support.server import Server

LOOKS: dict[str, dict[str, Any]] = {
    "desktop light": {"color_scheme": "light"},
    "phone dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
}
FUNNEL = "15k bezoekers per maand, 1200 winkelwagens en 90 bestellingen, webshop in sneakers"


async def planned(server: Server, visit: Visits, **look: Any) -> tuple[Page, str]:
    """A chat in which a plan was asked for, and the path of its page."""
    page = await visit(f"{server.address}/chat?language=nl", **look)
    chat = Chat(page, framed=False)
    await chat.say("mijn offertes worden niet getekend")
    await chat.say("maak er een plan van")
    link = chat.messages.last.get_by_role("link", name="Open het hele plan")
    path = await link.get_attribute("href")
    assert path
    return page, path


async def axe(page: Page) -> list[str]:
    """What axe finds on a page, whose own policy allows no scripts."""
    await page.evaluate(AXE)
    return list(await page.evaluate(f"({RUN})(document, {TAGS!r})"))


@pytest.mark.parametrize("look", LOOKS)
async def test_the_page_is_accessible_and_fits(server: Server, visit: Visits, look: str) -> None:
    page, path = await planned(server, visit, **LOOKS[look])
    await page.goto(f"{server.address}{path}" if path.startswith("/") else path)
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_step_is_ticked_off_with_the_keyboard(server: Server, visit: Visits) -> None:
    page, path = await planned(server, visit)
    await page.goto(f"{server.address}{path}" if path.startswith("/") else path)
    tick = page.get_by_role("button", name=re.compile("^Afvinken")).first
    await tick.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("article.done")).to_have_count(1)
    await page.reload()
    await expect(page.locator("article.done")).to_have_count(1)


@pytest.mark.parametrize("look", LOOKS)
async def test_errors_of_the_form_for_mail_are_accessible_and_keep_the_input(
    server: Server, visit: Visits, faults: Faults, look: str
) -> None:
    faults.expect("status of (400|503)")
    page, path = await planned(server, visit, **LOOKS[look])
    await page.goto(f"{server.address}{path}" if path.startswith("/") else path)
    address = page.get_by_label("Je e-mailadres")
    await address.fill("jan@zaak")
    await page.get_by_role("checkbox").check()
    await address.press("Enter")
    await expect(address).to_have_accessible_description(re.compile("klopt volgens mij niet"))
    await expect(address).to_have_value("jan@zaak")
    await expect(address).to_be_in_viewport()
    assert await axe(page) == []
    await address.fill("jan@zaak.nl")
    await page.get_by_role("button", name="Versturen").click()
    await expect(page.get_by_role("status")).to_contain_text("Versturen lukte niet")
    await expect(page.get_by_role("checkbox")).to_be_checked()
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_it_prints_on_two_pages_at_most_without_buttons(server: Server, visit: Visits) -> None:
    page, path = await planned(server, visit)
    await page.goto(f"{server.address}{path}" if path.startswith("/") else path)
    printed = await page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 2
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button").first).to_be_hidden()


@pytest.mark.parametrize("look", LOOKS)
async def test_the_funnel_is_drawn_with_a_text_alternative(
    server: Server, visit: Visits, faults: Faults, look: str
) -> None:
    page = await visit(f"{server.address}/chat?language=nl", **LOOKS[look])
    chat = Chat(page, framed=False)
    await chat.say(FUNNEL)
    picture = chat.messages.last.get_by_role("img", name=re.compile("^Trechter: 15.000 bezoekers"))
    await expect(picture).to_be_visible()
    await expect(picture.locator(".leak")).to_have_count(1)
    widths = await picture.locator(".bar").evaluate_all("bars => bars.map((bar) => bar.width.baseVal.value)")
    assert widths == sorted(widths, reverse=True)
    assert widths[1] / widths[0] == pytest.approx(0.08, abs=0.01)
    box, bubble = await picture.bounding_box(), await chat.messages.last.bounding_box()
    assert box
    assert bubble
    assert box["x"] + box["width"] <= bubble["x"] + bubble["width"]
