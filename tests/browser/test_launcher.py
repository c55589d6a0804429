"""The launcher on a host page: opening, closing, badges, colours, languages, and its JavaScript interface."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from bot.advice.answer import Answer, Section
from tests.browser.accessibility import colours, contrast, luminance, ratio
from tests.browser.chat import Chat, conversation_of, store_of, text
from tests.browser.conftest import Visits
from tests.browser.host_site import HostSite
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"
PUSHED = Answer("nl", (Section(text="Een collega kijkt met je mee."),))


def push_answer(server: Server, conversation: str) -> None:
    """Another process stores an answer."""
    store_of(server).add_answers(conversation, [PUSHED])


async def test_the_page_can_open_close_toggle_and_ask(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    for call, is_open in (("open", True), ("open", True), ("close", False), ("toggle", True), ("toggle", False)):
        await page.evaluate("call => window.klantkompas[call]()", call)
        await expect(chat.launcher).to_have_attribute("aria-expanded", str(is_open).lower())
        await expect(chat.dialog).to_be_visible(visible=is_open)
    await page.evaluate("text => window.klantkompas.ask(text)", PROBLEM)
    await expect(chat.dialog).to_be_visible()
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    await page.evaluate("text => window.klantkompas.ask(text)", "bijna niemand kent ons")
    await expect(chat.visitors.locator(".bubble")).to_have_text([PROBLEM, "bijna niemand kent ons"])


async def test_escape_closes_and_the_focus_returns_to_where_it_was(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await chat.open()
    await expect(chat.input).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(chat.dialog).to_be_hidden()
    await expect(chat.launcher).to_be_focused()
    await expect(chat.launcher).to_have_accessible_name(text("open"))

    button = page.get_by_role("button", name="Een knop")
    await button.focus()
    await page.evaluate("() => window.klantkompas.open()")
    await expect(chat.input).to_be_focused()
    await chat.close()
    await expect(button).to_be_focused()


async def test_the_launcher_closes_what_it_opened(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await expect(chat.launcher).to_have_accessible_name(text("open"))
    await chat.open()
    await expect(chat.launcher).to_have_accessible_name(text("close"))
    await chat.launcher.click()
    await expect(chat.dialog).to_be_hidden()
    await expect(chat.launcher).to_have_accessible_name(text("open"))


async def test_a_pushed_answer_appears_in_the_open_chat(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    push_answer(server, await conversation_of(chat))
    await expect(chat.advisors.last).to_contain_text("Een collega kijkt met je mee.")
    await expect(chat.badge).to_be_hidden()


async def test_a_closed_chat_counts_pushed_answers(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    conversation = await conversation_of(chat)
    await chat.close()
    for number in (1, 2):
        push_answer(server, conversation)
        await expect(chat.badge).to_have_text(str(number))
        await expect(chat.launcher).to_have_accessible_name(f"{text('open')}, {number} ongelezen")
    await chat.open()
    await expect(chat.badge).to_be_hidden()
    await expect(chat.messages).to_have_count(3)
    await chat.close()
    await expect(chat.badge).to_be_hidden()
    await expect(chat.launcher).to_have_accessible_name(text("open"))


async def test_an_answer_that_comes_after_closing_is_counted_too(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page

    async def when_closed(route: Route) -> None:
        """The answer comes within a moment, so let the question wait."""
        await asyncio.wait_for(closed.wait(), 10)
        await route.continue_()

    closed = asyncio.Event()
    await page.route("**/webhooks/website/messages", when_closed)
    await chat.type(PROBLEM)
    await chat.close()
    closed.set()
    await expect(chat.badge).to_have_text("1")


async def test_an_answer_is_counted_on_the_next_page_without_opening(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    conversation = await conversation_of(chat)
    await chat.close()
    await page.goto(f"{server.address}/?business=printer")
    await chat.ready()
    await expect(chat.dialog).to_be_hidden()
    push_answer(server, conversation)
    await expect(chat.badge).to_have_text("1")


async def test_an_answer_that_came_between_two_pages_is_counted_on_the_second(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    conversation = await conversation_of(chat)
    await chat.close()
    await page.goto("about:blank")
    push_answer(server, conversation)
    await page.goto(f"{server.address}/")
    await expect(chat.badge).to_have_text("1")
    await chat.open()
    await chat.close()
    await page.reload()
    await chat.ready()
    await expect(chat.badge).to_be_hidden()


async def test_tabs_agree_on_what_has_been_read(server: Server, visit: Visits) -> None:
    one = await visit.chat(server)
    page = one.page
    other = Chat(await page.context.new_page())
    await other.page.goto(f"{server.address}/?business=printer")
    await other.ready()
    await expect(other.dialog).to_be_hidden()
    await one.say(PROBLEM)
    await expect(other.messages).to_have_count(3)
    await expect(other.badge).to_be_hidden()
    await one.close()
    push_answer(server, await conversation_of(one))
    for chat in (one, other):
        await expect(chat.badge).to_have_text("1")
    await other.open()
    await expect(one.badge).to_be_hidden()
    await expect(one.launcher).to_have_accessible_name(text("open"))


async def test_the_next_page_has_the_chat_open_with_the_draft_and_leaves_the_focus_alone(
    visit: Visits, host_site: HostSite
) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await chat.open()
    await chat.say(PROBLEM)
    await chat.input.fill("een half ber")
    await page.wait_for_function("() => Object.values(sessionStorage).includes('een half ber')")
    await page.goto(host_site.page())
    await chat.ready()
    await expect(chat.dialog).to_be_visible()
    await expect(chat.input).to_have_value("een half ber")
    assert await page.evaluate("() => document.activeElement === document.body"), "the focus was taken"
    await chat.input.press("Enter")
    await chat.answer()
    await page.wait_for_function("() => !Object.values(sessionStorage).includes('een half ber')")
    await page.reload()
    await chat.ready()
    await expect(chat.input).to_have_value("")
    await chat.close()
    await page.reload()
    await expect(chat.launcher).to_be_visible()
    await expect(chat.dialog).to_be_hidden()


@pytest.mark.parametrize(("position", "left"), [("left", True), ("right", False)])
async def test_position_left_or_right(visit: Visits, host_site: HostSite, position: str, left: bool) -> None:
    page = await visit(host_site.page(f'data-position="{position}"'))
    chat = Chat(page)
    await chat.open()
    for part in (chat.launcher, chat.dialog):
        box = await part.bounding_box()
        assert box
        assert (box["x"] < 400) is left
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1280


async def assert_readable(chat: Chat) -> None:
    """Texts reach 4.5 : 1, and the launcher's sign 3 : 1."""
    root = chat.scope.locator("body")
    header = chat.scope.locator("header")
    assert await contrast(chat.launcher) >= 3
    assert await contrast(header.locator("h1"), header) >= 4.5
    assert await contrast(chat.visitors.last.locator(".bubble")) >= 4.5
    assert await contrast(chat.advisors.last.locator(".bubble")) >= 4.5
    assert await contrast(chat.choices.first, root) >= 4.5
    assert await contrast(chat.scope.locator(".phase.marked").first) >= 4.5
    assert await contrast(chat.scope.locator(".phase:not(.marked)").first) >= 4.5
    assert await contrast(chat.scope.locator(".about"), root) >= 4.5
    assert await contrast(chat.input, root) >= 4.5


@pytest.mark.parametrize(
    ("accent", "scheme"), [("#ffe066", "light"), ("#ffe066", "dark"), ("#808080", "light"), ("#111111", "dark")]
)
async def test_any_accent_colour_stays_readable(visit: Visits, host_site: HostSite, accent: str, scheme: Any) -> None:
    page = await visit(host_site.page(f'data-accent="{accent}"'), color_scheme=scheme)
    chat = Chat(page)
    await chat.open()
    await chat.say(PROBLEM)
    await page.mouse.move(0, 0)
    await assert_readable(chat)


async def test_an_invalid_accent_colour_is_ignored(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-accent="red;background:url(x)"'))
    background = await Chat(page).launcher.evaluate("element => getComputedStyle(element).backgroundColor")
    assert background == "rgb(11, 93, 80)"


@pytest.mark.parametrize(
    ("attributes", "scheme", "dark"),
    [
        ("", "dark", True),
        ("", "light", False),
        ('data-theme="light"', "dark", False),
        ('data-theme="dark"', "light", True),
    ],
)
async def test_the_chat_is_dark_where_that_is_wanted(
    visit: Visits, host_site: HostSite, attributes: str, scheme: Any, dark: bool
) -> None:
    page = await visit(host_site.page(attributes), color_scheme=scheme)
    chat = Chat(page)
    await chat.open()
    colour, ground = await colours(chat.scope.locator("body"))
    assert (luminance(colour) > luminance(ground)) is dark
    assert ratio(colour, ground) >= 4.5


async def count_motion(page: Page, chat: Chat) -> None:
    """Counts animations and transitions that start, in the page and in the chat."""
    script = """(root, host) => {
        window.motion = 0;
        const tree = host ? document.querySelector("#klantkompas").shadowRoot : document;
        for (const kind of ["animationstart", "transitionrun"]) tree.addEventListener(kind, () => (window.motion += 1));
    }"""
    await page.locator("html").evaluate(script, True)
    await chat.launcher.hover()
    await chat.scope.locator("header").wait_for(state="attached")
    await chat.evaluate(script, False)


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
async def test_reduced_motion_is_respected(server: Server, visit: Visits, wish: Any, moves: bool) -> None:
    page = await visit(f"{server.address}/", reduced_motion=wish)
    chat = Chat(page)
    await count_motion(page, chat)
    await chat.open()
    await chat.say(PROBLEM)
    await chat.close()
    assert (await page.evaluate("() => window.motion") > 0) is moves
    assert (await chat.evaluate("() => window.motion") > 0) is moves


async def test_it_works_on_a_page_with_the_strictest_policy(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(policy=host_site.strict_policy))
    chat = Chat(page)
    await chat.open()
    await expect(await chat.say(PROBLEM)).to_contain_text("Do: gekozen worden")
    box = await chat.dialog.bounding_box()
    assert box
    assert box["width"] == pytest.approx(400, abs=2)
    assert await contrast(chat.launcher) >= 3
    await chat.close()
    await expect(chat.launcher).to_be_focused()


@pytest.mark.parametrize(
    ("attributes", "lang", "locale", "language"),
    [
        ('data-language="en"', "nl", "nl-NL", "en"),
        ('data-language="nl"', "en", "en-GB", "nl"),
        ("", "en-US", "nl-NL", "en"),
        ("", "nl", "en-GB", "nl"),
        ("", None, "en-GB", "en"),
        ("", "fr", "nl-BE", "nl"),
        ('data-language="fr"', None, "fr-FR", "en"),
    ],
)
async def test_the_language_is_that_of_the_tag_the_page_or_the_browser(
    visit: Visits, host_site: HostSite, attributes: str, lang: str | None, locale: str, language: Any
) -> None:
    page = await visit(host_site.page(attributes, lang=lang), locale=locale)
    chat = Chat(page, language)
    await expect(chat.launcher).to_have_accessible_name(chat.text("open"))
    await chat.open()
    await expect(chat.messages.first).to_contain_text(chat.text("welcome"))
    await expect(chat.input).to_have_attribute("placeholder", chat.text("write"))
    await expect(chat.scope.locator("html")).to_have_attribute("lang", language)


async def test_the_chat_follows_a_visitor_who_writes_english(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    await expect(await chat.say("we get plenty of visitors, but nobody orders")).to_contain_text("Do: ")
    await expect(chat.scope.locator("html")).to_have_attribute("lang", "en")
    await expect(chat.input).to_have_attribute("placeholder", text("write", "en"))
    await expect(chat.messages.first).to_have_attribute("lang", "nl")
    await expect(chat.messages.last).to_have_attribute("lang", "en")
