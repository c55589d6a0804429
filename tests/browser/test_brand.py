"""The brand of a site: name, logo, button and greeting, by attributes and by brand.yml."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from bot.chat.website.pages import WidgetFiles
from bot.knowledge import Knowledge
from bot.knowledge.brand import BrandFile
from tests.browser.accessibility import contrast, in_chat, in_page
from tests.browser.chat import Chat, text
from tests.browser.conftest import Visits
from tests.browser.host_site import LOGO, HostSite

BRAND = f'data-name="Bureau Wegwijzer" data-logo="{LOGO}" data-label="Vraag het ons"'


async def test_the_chat_bears_the_name_and_the_logo_of_the_site(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(BRAND, policy=f"{host_site.strict_policy} 'self'"))
    chat = Chat(page)
    await chat.open()
    header = chat.scope.locator("header")
    await expect(header.locator("h1")).to_have_text("Bureau Wegwijzer")
    await expect(header.locator("p")).to_have_text(text("credit"))
    logo = header.locator("img")
    await expect(logo).to_be_visible()
    assert await logo.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    cover = page.locator("#klantkompas .cover")
    await expect(cover.locator("b")).to_have_text("Bureau Wegwijzer")
    assert await cover.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    assert await in_chat(chat, "branded") == []
    assert await in_page(page, "branded") == []


async def test_the_credit_can_be_left_out(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-name="Bureau Wegwijzer" data-credit="off"'))
    chat = Chat(page)
    await chat.open()
    await expect(chat.scope.locator("header p")).to_have_text(text("subtitle"))


@pytest.mark.parametrize("address", ["https://elders.example/l.png", "//elders.example/l.png", "data:image/png,x"])
async def test_a_logo_of_another_site_is_not_loaded_and_its_owner_reads_so(
    visit: Visits, host_site: HostSite, address: str
) -> None:
    page = await visit(host_site.page(None))
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    await page.goto(host_site.page(f'data-logo="{address}"'))
    chat = Chat(page)
    await chat.open()
    await expect(chat.scope.locator("header img")).to_have_count(0)
    assert any("data-logo" in warning for warning in warnings)


async def test_a_link_to_the_chat_cannot_put_words_in_its_mouth(visit: Visits, host_site: HostSite) -> None:
    frame = f"{host_site.chat}/chat?host={host_site.chat}&name=Bank&greeting=Geef+je+wachtwoord"
    for address in (frame, f"{host_site.chat}/chat?name=Bank&greeting=Geef+je+wachtwoord"):
        chat = Chat(await visit(address), framed=False)
        await chat.ready()
        await expect(chat.scope.locator("header h1")).to_have_text(text("title"))
        await expect(chat.messages.first).to_contain_text(text("welcome"))


async def test_the_button_has_words_on_a_desktop_and_is_named_after_them(visit: Visits, host_site: HostSite) -> None:
    address = host_site.page(BRAND)
    page = await visit(address)
    chat = Chat(page)
    await expect(chat.launcher).to_have_accessible_name("Vraag het ons")
    await expect(chat.launcher.locator(".label")).to_be_visible()
    assert await contrast(chat.launcher.locator(".label"), chat.launcher) >= 4.5
    await chat.open()
    await expect(chat.launcher.locator(".label")).to_be_hidden()
    await expect(chat.launcher).to_have_accessible_name(text("close"))
    phone = await visit(address, viewport={"width": 390, "height": 844})
    await expect(Chat(phone).launcher.locator(".label")).to_be_hidden()
    box = await Chat(phone).launcher.bounding_box()
    assert box
    assert box["width"] == box["height"] == 60


async def test_the_first_words_are_those_of_the_site_as_plain_text(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-greeting="Hoi! Kijk op [deze site](https://elders.example)"'))
    chat = Chat(page)
    await chat.open()
    await expect(chat.messages.first).to_contain_text("Hoi! Kijk op [deze site](https://elders.example)")
    await expect(chat.messages.first).not_to_contain_text(text("welcome"))
    await expect(chat.messages.first.locator("a")).to_have_count(0)
    await expect(chat.choices).not_to_have_count(0)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_attribute_may_be_for_one_language(visit: Visits, host_site: HostSite, language: Any) -> None:
    attributes = f'data-language="{language}" data-label="Vraag" data-label-en="Ask us"'
    page = await visit(host_site.page(attributes))
    expected = {"nl": "Vraag", "en": "Ask us"}
    await expect(Chat(page).launcher).to_have_accessible_name(expected[language])
    other = "en" if language == "nl" else "nl"
    await page.evaluate("language => klantkompas.setLanguage(language)", other)
    await expect(Chat(page).launcher).to_have_accessible_name(expected[other])


@pytest.mark.parametrize("position", ["left", "right"])
async def test_the_button_keeps_its_distance(visit: Visits, host_site: HostSite, position: str) -> None:
    attributes = f'data-position="{position}" data-offset-bottom="60" data-offset-side="100"'
    page = await visit(host_site.page(attributes))
    chat = Chat(page)
    await chat.open()
    for part, bottom in ((chat.launcher, 80), (chat.dialog, 152)):
        box = await part.bounding_box()
        assert box
        aside = box["x"] if position == "left" else 1280 - box["x"] - box["width"]
        assert aside == pytest.approx(120, abs=3)  # the button grows a little under the pointer
        assert 800 - box["y"] - box["height"] == pytest.approx(bottom, abs=3)


async def with_file(page: Page, knowledge: Knowledge, **content: Any) -> None:
    """Gives the page a loader with the settings of a brand.yml."""
    script = WidgetFiles(knowledge).loader(BrandFile(**content).rules())

    async def fulfill(route: Route) -> None:
        await route.fulfill(body=script.plain, content_type="text/javascript")

    await page.route("**/widget.js", fulfill)


async def test_the_file_has_settings_for_some_pages_and_attributes_win(
    visit: Visits, host_site: HostSite, knowledge: Knowledge
) -> None:
    page = await visit(host_site.page(None))
    path = host_site.page().removeprefix("http://").partition("/")[2]
    await with_file(
        page,
        knowledge,
        everywhere={"label": {"nl": "Vraag het ons", "en": "Ask us"}, "accent": "#000000", "position": "left"},
        some_pages=[{"pages": [f"/{path}"], "label": "Over deze prijs"}, {"pages": ["/nergens*"], "label": "Nee"}],
    )
    for address, label in (
        (host_site.page(), "Vraag het ons"),
        (host_site.page('data-language="en"'), "Ask us"),
        (host_site.page('data-label="Van het attribuut"'), "Van het attribuut"),
        (host_site.page().rpartition("/")[0] + f"/{path}", "Over deze prijs"),
    ):
        await page.goto(address)
        await expect(Chat(page).launcher).to_have_accessible_name(label)
        box = await Chat(page).launcher.bounding_box()
        assert box
        assert box["x"] == 20
    await page.goto(host_site.page('data-accent="#ffffff"'))
    background = await Chat(page).launcher.evaluate("element => getComputedStyle(element).backgroundColor")
    assert background == "rgb(255, 255, 255)"
