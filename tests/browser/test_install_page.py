"""The page on which a marketer sets up the chat, as he uses it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.accessibility import in_page
from tests.browser.chat import Chat
from tests.browser.conftest import Visits
from tests.support.server import Server

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


async def fill(page: Page, **fields: str) -> None:
    """Fills in fields by their name, and waits until the page has taken them up."""
    for name, value in fields.items():
        async with page.expect_response(lambda response: "/install?" in response.url):
            await page.locator(f"[name={name}]").fill(value)


async def test_the_line_and_the_preview_follow_what_is_filled_in(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/install")
    line = page.locator("#line")
    await expect(line).to_have_text(f'<script src="{server.address}/widget.js" defer></script>')
    await fill(page, name="Bureau <b>Wegwijzer</b>", accent="#ff6600", label="Vraag het ons")
    await expect(line).to_contain_text('data-name="Bureau &lt;b&gt;Wegwijzer&lt;/b&gt;" data-accent="#ff6600"')
    preview = page.frame_locator("#preview")
    launcher = preview.locator("#klantkompas .launcher")
    await expect(launcher).to_have_accessible_name("Vraag het ons")
    await expect(launcher).to_have_css("background-color", "rgb(255, 102, 0)")
    await launcher.click()
    chat = preview.frame_locator("#klantkompas iframe")
    await expect(chat.locator("header h1")).to_have_text("Bureau <b>Wegwijzer</b>")
    await page.reload()
    await expect(page.locator("[name=accent]")).to_have_value("#ff6600")


async def test_what_does_not_fit_is_said_at_the_field(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/install")
    accent = page.get_by_label("Kleur", exact=True)
    await fill(page, accent="groen")
    await expect(accent).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#wrong-accent")).to_contain_text("#0b5d50")
    await expect(page.locator("#line")).not_to_contain_text("groen")
    assert await in_page(page, "a fault") == []
    await fill(page, accent="#123456")
    await expect(page.locator("#wrong-accent")).to_be_hidden()
    await expect(accent).not_to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#pick")).to_have_value("#123456")
    await fill(page, site="dit is geen adres")
    await expect(page.locator("#wrong-site")).to_contain_text("www.jouwbureau.nl")


async def test_it_says_whether_the_site_may_show_the_chat_and_what_to_do(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/install?in=en")
    await fill(page, site="www.zaak.nl/prijzen")
    outcome = page.locator("#notice")
    await expect(outcome).to_contain_text("https://www.zaak.nl may not show the chat yet")
    await expect(outcome).to_contain_text('KLANTKOMPAS_SITES="… https://www.zaak.nl"')
    await fill(page, site="http://localhost:3000")
    await expect(outcome).to_contain_text("http://localhost:3000 may show the chat.")


@pytest.mark.parametrize("kind", ["html", "wordpress", "tag_manager", "shopify", "wix"])
async def test_every_kind_of_site_has_its_steps(server: Server, visit: Visits, kind: str) -> None:
    page = await visit(f"{server.address}/install?sent=1&credit=on&accent=%23123456")
    await page.locator("#kind").select_option(kind)
    name = await page.locator("#kind option:checked").inner_text()
    await expect(page.locator("#steps h3")).to_contain_text(name)
    assert await page.locator("#steps li").count() >= 3
    expected = '"accent": "#123456"' if kind == "tag_manager" else 'data-accent="#123456"'
    await expect(page.locator("#line")).to_contain_text(expected)


async def test_the_line_is_copied(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/install", permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Kopieer").click()
    await expect(page.get_by_role("status")).to_have_text("Gekopieerd")
    assert await page.evaluate("() => navigator.clipboard.readText()") == await page.locator("#line").inner_text()


async def show(html: str, route: Route) -> None:
    """Answers a browser with a page that has an icon, which browsers would ask for."""
    await route.fulfill(body=f'<link rel="icon" href="data:,">{html}', content_type="text/html")


async def test_the_copied_line_works_on_a_site(server: Server, visit: Visits) -> None:
    query = "sent=1&credit=on&name=Bureau&label=Vraag+het+ons&kind="
    for kind in ("html", "tag_manager"):
        page = await visit(f"{server.address}/install?{query}{kind}")
        line = await page.locator("#line").inner_text()
        site = await visit("about:blank")
        await site.route("**/site", partial(show, line))
        await site.goto(f"{server.address}/site")
        await expect(Chat(site).launcher).to_have_accessible_name("Vraag het ons")


async def test_it_works_without_scripts(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/install", java_script_enabled=False)
    await page.locator("[name=accent]").fill("paars")
    await page.locator("[name=name]").fill("Bureau")
    await page.get_by_role("button", name="Bijwerken").click()
    await expect(page.locator("#line")).to_contain_text('data-name="Bureau"')
    await expect(page.locator("#wrong-accent")).to_be_visible()
    await expect(page.locator("[name=credit]")).to_be_checked()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
async def test_it_is_accessible_and_fits(
    server: Server, visit: Visits, language: str, scheme: Any, options: dict[str, Any]
) -> None:
    page = await visit(f"{server.address}/install?in={language}&site=zaak.nl", color_scheme=scheme, **options)
    await expect(page.frame_locator("#preview").locator("#klantkompas .launcher")).to_be_visible()
    assert await in_page(page, "install page") == []
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_nothing_is_asked_of_others(server: Server, visit: Visits) -> None:
    page = await visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{server.address}/install?logo=https%3A%2F%2Felders.example%2Flogo.png")
    await expect(page.frame_locator("#preview").locator("#klantkompas .launcher")).to_be_visible()
    await fill(page, logo="https://elders.example/logo.png")
    assert asked
    assert all(address.startswith((server.address, "data:")) for address in asked)
