"""Whole conversations, as visitors have them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from bot.storage.requests import RequestStore, StoredRequest
from tests.browser.chat import Chat, animations_finished, conversation_of
from tests.browser.conftest import Visits
from tests.support.server import Server

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
TOUCH_PHONE: dict[str, Any] = {**PHONE, "has_touch": True, "is_mobile": True}
PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"


def requests_of(server: Server, conversation: str) -> list[StoredRequest]:
    return [r for r in RequestStore(server.intake_db).all() if r.request.conversation == conversation]


async def test_an_owner_gets_a_diagnosis_reads_the_figures_and_sends_a_request(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)

    answer = await chat.say(PROBLEM)
    picture = answer.get_by_role("img")
    await expect(picture).to_have_attribute("aria-label", "De klantreis: See → Think → Do → Care. Het gaat hier om Do.")
    await expect(picture.locator(".phase")).to_have_count(4)
    await expect(picture.locator(".phase.marked b")).to_have_text(["Do"])
    await expect(answer.get_by_role("tab")).to_have_text(["Begin", "Kanalen", "Boodschap", "Meten"])
    figures = (await chat.tab("Meten")).get_by_role("table")
    await expect(figures.get_by_role("columnheader")).to_have_text(["Cijfer", "Berekening"])
    await expect(figures.get_by_role("rowheader").first).to_have_text("Conversiepercentage")

    await expect(await chat.press("Gratis concurrentiecheck")).to_contain_text("webadres van je concurrent")
    await expect(await chat.say("www.rivaal.nl")).to_contain_text("e-mailadres")
    await expect(await chat.say("jan@@zaak")).to_contain_text("e-mailadres klopt volgens mij niet")
    await expect(await chat.say("jan@zaak.nl")).to_contain_text("Ga je daarmee akkoord?")
    summary = await chat.press("Ja, akkoord")
    await expect(summary.get_by_role("heading")).to_have_text(["Klopt dit zo?", "Concurrent", "E-mail"])
    await expect(summary.locator(".value")).to_have_text(["https://www.rivaal.nl", "jan@zaak.nl"])
    sent = await chat.press("Ja, verstuur")

    (stored,) = requests_of(server, await conversation_of(chat))
    assert stored.request.fields == {"competitor_url": "https://www.rivaal.nl", "email": "jan@zaak.nl"}
    assert (stored.request.language, stored.request.phase) == ("nl", "do")
    assert stored.request.consent_text
    await expect(sent.get_by_role("heading", level=2)).to_have_text("Je aanvraag is verstuurd")
    await expect(sent.locator(".value")).to_have_text(str(stored.number))


async def is_focused(target: Locator) -> bool:
    return bool(await target.evaluate("element => element.matches(':focus-within')"))


async def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Presses Tab (or Shift+Tab) until an element has the focus."""
    for _ in range(40):
        if await is_focused(target):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{target} can't be reached by {key}")


async def test_an_english_request_is_sent_by_keyboard_alone_on_a_small_screen(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/?language=en", **PHONE)
    chat = Chat(page, "en")
    keyboard = page.keyboard

    await tab_to(page, chat.launcher)
    await keyboard.press("Enter")
    await chat.ready()
    await expect(chat.input).to_be_focused()
    await keyboard.type("we get plenty of visitors, but nobody orders")
    await keyboard.press("Enter")
    answer = await chat.answer()
    await expect(answer.locator(".phase.marked b")).to_have_text(["Do"])

    tabs = answer.get_by_role("tab")
    await tab_to(page, tabs.first, "Shift+Tab")
    for _ in range(3):
        await keyboard.press("ArrowRight")
    await expect(tabs.last).to_be_focused()
    await keyboard.press("Space")
    await expect(tabs.last).to_have_attribute("aria-selected", "true")
    await expect(answer.get_by_role("table")).to_be_visible()

    await tab_to(page, chat.thumb(True))
    await keyboard.press("Space")
    await expect(chat.thumb(True)).to_have_attribute("aria-pressed", "true")
    assert await chat.keeps_focus()

    async def press(reply: str) -> Locator:
        before = await chat.visitors.count()
        await tab_to(page, chat.choices.filter(has_text=reply), "Shift+Tab" if await is_focused(chat.input) else "Tab")
        await keyboard.press("Enter")
        await expect(chat.visitors).to_have_count(before + 1)
        assert await chat.keeps_focus()
        answer = await chat.answer()
        assert await chat.keeps_focus()
        return answer

    async def type_(text: str) -> Locator:
        before = await chat.visitors.count()
        await tab_to(page, chat.input)
        await keyboard.type(text)
        await keyboard.press("Enter")
        await expect(chat.visitors).to_have_count(before + 1)
        assert await chat.keeps_focus()
        return await chat.answer()

    await expect(await press("Free competitor check")).to_contain_text("web address")
    await type_("www.rival.com")
    await expect(await type_("ann@firm.com")).to_contain_text("Do you agree?")
    await expect(await press("Yes, I agree")).to_contain_text("Is this right?")
    await expect(await press("Yes, send it")).to_contain_text("Your request has been sent")
    (stored,) = requests_of(server, await conversation_of(chat))
    assert stored.request.fields == {"competitor_url": "https://www.rival.com", "email": "ann@firm.com"}
    assert stored.request.language == "en"

    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("menu")), "Shift+Tab")
    await keyboard.press("Enter")
    await expect(chat.scope.locator("#menu")).to_be_visible()
    await keyboard.press("Escape")
    await expect(chat.scope.locator("#menu")).to_be_hidden()
    await expect(chat.dialog).to_be_visible()
    assert await chat.keeps_focus()
    await keyboard.press("Escape")
    await expect(chat.dialog).to_be_hidden()
    await expect(chat.launcher).to_be_focused()


async def test_a_new_conversation_is_begun_by_keyboard(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say(PROBLEM)
    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("menu")), "Shift+Tab")
    await page.keyboard.press("Enter")
    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("new_conversation")))
    await page.keyboard.press("Space")
    await expect(chat.scope.get_by_role("dialog")).to_be_visible()
    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("no_stay")))
    await page.keyboard.press("Enter")
    await expect(chat.messages).to_have_count(3)
    await expect(chat.input).to_be_focused()
    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("menu")), "Shift+Tab")
    await page.keyboard.press("Enter")
    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("new_conversation")))
    await page.keyboard.press("Enter")
    await tab_to(page, chat.scope.get_by_role("button", name=chat.text("yes_new")))
    await page.keyboard.press("Enter")
    await expect(chat.messages).to_have_count(1)
    await expect(chat.input).to_be_focused()


async def test_a_reload_in_the_middle_of_a_form_goes_on_where_it_was(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say("ik wil een gratis concurrentiecheck")
    await chat.say("www.rivaal.nl")
    before = await chat.said()
    await page.reload()
    await chat.open()
    assert await chat.said() == before
    await expect(await chat.say("jan@zaak.nl")).to_contain_text("Ga je daarmee akkoord?")
    await page.reload()
    await chat.open()
    await expect(await chat.press("Ja, akkoord")).to_contain_text("https://www.rivaal.nl")


async def test_the_next_page_of_the_site_shows_the_same_conversation(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say(PROBLEM)
    before = await chat.said()
    await chat.close()
    await page.get_by_role("link", name="Drukkerij").click()
    await expect(page).to_have_url(f"{server.address}/?business=printer&language=nl")
    await chat.open()
    assert await chat.said() == before


async def test_the_chat_fills_a_phone_and_the_page_behind_is_out_of_reach(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/", **TOUCH_PHONE)
    chat = Chat(page)
    await chat.launcher.tap()
    await chat.ready()
    await animations_finished(page.locator("html"))
    assert await chat.dialog.bounding_box() == pytest.approx({"x": 0, "y": 0, **TOUCH_PHONE["viewport"]}, abs=1)
    for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
        await page.keyboard.press(key)
        where = await page.evaluate("() => document.activeElement.id || document.activeElement.tagName")
        assert where in ("klantkompas", "BODY"), f"{key} reached {where} behind the chat"


async def test_the_full_window_page_is_the_same_advisor(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/chat?language=en")
    chat = Chat(page, "en", framed=False)
    await chat.ready()
    await expect(chat.scope.get_by_role("button", name=chat.text("close"))).to_have_count(0)
    await expect(await chat.say("customers buy once and never return")).to_contain_text("Care")
    before = await chat.said()
    await page.reload()
    await chat.ready()
    assert await chat.said() == before


async def test_the_demo_asks_for_the_visitor_and_shows_the_line_to_copy(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/?business=accountant", permissions=["clipboard-read", "clipboard-write"])
    chat = Chat(page)
    await page.get_by_role("button", name="Kopieer de regel").click()
    await expect(page.get_by_role("status")).to_have_text("Gekopieerd")
    line = await page.evaluate("() => navigator.clipboard.readText()")
    assert line == f'<script src="{server.address}/widget.js" data-language="nl" data-accent="#1f4e8c" defer></script>'
    await expect(page.get_by_role("status")).to_be_empty()
    await page.get_by_role("button", name="Vraag het onze adviseur").click()
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    await expect(chat.visitors).to_have_count(1)
