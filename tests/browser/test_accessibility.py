"""WCAG 2.2 AA in every state, narrow and enlarged screens, and announcements to screen readers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import cut_off, in_chat, in_page, report, small_targets
from tests.browser.chat import Chat
from tests.browser.conftest import Faults, Visits
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"
MESSAGES = "**/webhooks/website/messages"

LOOKS: dict[str, dict[str, Any]] = {
    "desktop light": {"color_scheme": "light"},
    "desktop dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_in_any_state(server: Server, visit: Visits, faults: Faults, look: str) -> None:
    faults.expect("status of 500|ERR_INTERNET_DISCONNECTED")
    page = await visit(f"{server.address}/", **LOOKS[look])
    chat = Chat(page)
    found = await in_page(page, "closed")
    await chat.open()
    found += await in_page(page, "open")
    found += await in_chat(chat, "greeting")
    await chat.say(PROBLEM)
    found += await in_chat(chat, "card")
    for tab in ("Kanalen", "Boodschap", "Meten"):
        await chat.tab(tab)
        found += await in_chat(chat, f"tab {tab}")
    await chat.thumb(False).click()
    await expect(chat.scope.locator(".why")).to_be_visible()
    found += await in_chat(chat, "why not")
    await chat.press("Gratis concurrentiecheck")
    found += await in_chat(chat, "form question")
    await chat.say("www.rivaal.nl")
    await chat.say("jan@@zaak")
    found += await in_chat(chat, "form error")
    await chat.say("jan@zaak.nl")
    found += await in_chat(chat, "consent")
    await chat.press("Ja, akkoord")
    found += await in_chat(chat, "summary")
    await chat.press("Ja, verstuur")
    found += await in_chat(chat, "receipt")
    await chat.open_menu()
    found += await in_chat(chat, "menu")
    await chat.scope.get_by_role("button", name=chat.text("new_conversation")).click()
    found += await in_chat(chat, "confirm dialog")
    await chat.scope.get_by_role("button", name=chat.text("no_stay")).click()
    await page.route(MESSAGES, lambda route: route.fulfill(status=500, body="broken"))
    await chat.type("nee")
    await expect(chat.failed).to_be_visible()
    found += await in_chat(chat, "error")
    await page.context.set_offline(True)
    await expect(chat.scope.get_by_text(chat.text("offline"))).to_be_visible()
    found += await in_chat(chat, "offline")
    await chat.input.fill("x" * 2100)
    found += await in_chat(chat, "too long")
    assert not found, report(found)


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_in_the_full_window(server: Server, visit: Visits, look: str) -> None:
    page = await visit(f"{server.address}/chat?language=en", **LOOKS[look])
    chat = Chat(page, "en", framed=False)
    await chat.ready()
    found = await in_chat(chat, "window")
    await chat.say("customers buy once and never return")
    found += await in_chat(chat, "window with card")
    assert not found, report(found)


@pytest.mark.parametrize("business", ["agency", "accountant", "web_studio", "printer"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_demo_pages(server: Server, visit: Visits, business: str, scheme: str) -> None:
    page = await visit(f"{server.address}/?business={business}&language=en", color_scheme=scheme)
    assert await in_page(page, business) == []


@pytest.mark.parametrize(("width", "height"), [(320, 480), (640, 400)])
async def test_nothing_is_cut_off_on_a_small_or_enlarged_screen(
    server: Server, visit: Visits, faults: Faults, width: int, height: int
) -> None:
    """640 x 400 is 1280 x 800 at 200 %."""
    faults.expect("status of 500")
    page = await visit(f"{server.address}/", viewport={"width": width, "height": height})
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    chat = Chat(page)
    await chat.open()
    found = await cut_off(chat)
    await chat.say(PROBLEM)
    for tab in ("Begin", "Kanalen", "Boodschap", "Meten"):
        await chat.tab(tab)
        found += await cut_off(chat)
        assert await chat.fits_sideways(), f"the chat scrolls sideways at {tab}"
    await page.route(MESSAGES, lambda route: route.fulfill(status=500, body="broken"))
    await chat.type("een-heel-lang-woord-zonder-einde-" * 8)
    await expect(chat.failed).to_be_visible()
    found += await cut_off(chat)
    assert found == []
    assert await chat.fits_sideways()
    await expect(chat.input).to_be_in_viewport(ratio=1)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert await small_targets(chat) == []


@pytest.mark.parametrize("look", ["desktop light", "phone"])
async def test_everything_to_press_is_large_enough(server: Server, visit: Visits, look: str) -> None:
    chat = await visit.chat(server, **LOOKS[look])
    await chat.say(PROBLEM)
    found = await small_targets(chat)
    await chat.open_menu()
    assert found + await small_targets(chat) == []


LISTEN = """addEventListener("DOMContentLoaded", () => {
    window.announced = [];
    const live = document.getElementById("announcer");
    const hear = () => live.textContent && window.announced.push(live.textContent);
    if (live) new MutationObserver(hear).observe(live, { childList: true, characterData: true, subtree: true });
})"""


async def hears(chat: Chat, words: str) -> str:
    """Waits until words were announced to screen readers; returns the whole announcement."""
    found = """async (_, words) => {
        for (;;) {
            const said = window.announced.find((each) => each.includes(words));
            if (said) return said;
            await new Promise((done) => setTimeout(done, 50));
        }
    }"""
    return str(await chat.evaluate(found, words))


async def test_answers_are_announced_once_and_earlier_messages_never(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/")
    await page.context.add_init_script(LISTEN)
    await page.reload()
    chat = Chat(page)
    await chat.open()
    await hears(chat, "Wat gaat er mis?")
    await chat.say(PROBLEM)
    await hears(chat, "Do: gekozen worden")
    await chat.say("dank je")
    await hears(chat, "Graag gedaan")
    announced = await chat.evaluate("() => window.announced")
    words = ("Wat gaat er mis?", "Do: gekozen worden", "Graag gedaan")
    assert [sum(each in said for said in announced) for each in words] == [1, 1, 1]

    await page.reload()
    await chat.open()
    await chat.say("dank je")
    await hears(chat, "Graag gedaan")
    (only,) = await chat.evaluate("() => window.announced")
    assert "Do: gekozen worden" not in only


@pytest.mark.parametrize("message", ["niemand kent ons", PROBLEM, "wat is conversie?", "doe de quickscan"])
async def test_an_announcement_is_sentences_of_what_is_in_sight_and_then_the_choices(
    server: Server, visit: Visits, message: str
) -> None:
    page = await visit(f"{server.address}/")
    await page.context.add_init_script(LISTEN)
    await page.reload()
    chat = Chat(page)
    await chat.open()
    answer = await chat.say(message)
    title = answer.locator("h2, .lead").first
    said = await hears(chat, (await title.inner_text()).split("\n")[0][:30])
    assert "**" not in said
    for line in await answer.locator(":is(p, h2, h3, li):not(.paper *)").all():
        words = " ".join((await line.text_content() or "").split())
        assert (words in said) is await line.is_visible() or not words, words
    assert "klantreis: See" not in said, "the label of the picture"
    assert not re.search(r"[a-z][.!?][A-Z]|[a-z]{3}[A-Z]", re.sub(r"WhatsApp|LinkedIn|YouTube", "", said)), (
        "glued words"
    )
    choices = await chat.choices.all_inner_texts()
    if len(choices) > 1:
        assert said.endswith(f" {len(choices)} antwoorden: {', '.join(choices)}.")
    await expect(chat.announcer).to_have_text("")


async def test_forced_colours_show_what_is_marked_selected_and_pressed(server: Server, visit: Visits) -> None:
    chat = Chat(await visit(f"{server.address}/", forced_colors="active"))
    await chat.open()
    answer = await chat.say(PROBLEM)
    await chat.thumb(True).click()
    await expect(chat.thumb(True)).to_have_attribute("aria-pressed", "true")
    marked = (".phase.marked", "[role=tab][aria-selected=true]", ".thumb[aria-pressed=true]")
    others = (".phase:not(.marked)", "[role=tab][aria-selected=false]", ".thumb[aria-pressed=false]")
    background = "one => getComputedStyle(one).backgroundColor"
    for one, other in zip(marked, others, strict=True):
        assert await answer.locator(one).first.evaluate(background) != await answer.locator(other).first.evaluate(
            background
        ), one
    assert await answer.locator(".phase.marked").evaluate("one => getComputedStyle(one).clipPath") == "none"
