"""The loader on hostile ground: pages that replace their body, scripts in odd places, failing servers, bars on top."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.chat import Chat, animations_finished, text
from tests.browser.conftest import Faults, Visits
from tests.browser.host_site import HostSite
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

NEW_BODY = """() => {
    const body = document.createElement("body");
    body.innerHTML = "<main><h1>Een andere pagina</h1></main>";
    return body;
}"""

REPLACEMENTS = {
    "innerHTML, as htmx does": "body => (document.body.innerHTML = body.innerHTML)",
    "the body, as Turbo and Livewire do": "body => document.documentElement.replaceChild(body, document.body)",
    "the body, as Astro does": "body => document.body.replaceWith(body)",
    "head and body": "body => document.documentElement.replaceChildren(document.createElement('head'), body)",
    "the whole document": """body => {
        const root = document.createElement("html");
        root.append(document.createElement("head"), body);
        document.replaceChild(root, document.documentElement);
    }""",
}


async def replace_body(page: Page, how: str) -> None:
    """Goes to another page as a site does that never loads one."""
    await page.evaluate(f"({REPLACEMENTS[how]})(({NEW_BODY})())")
    await expect(page.get_by_role("heading", name="Een andere pagina")).to_be_visible()


@pytest.mark.parametrize("how", REPLACEMENTS)
async def test_the_widget_outlives_the_body_of_its_page(visit: Visits, host_site: HostSite, how: str) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await replace_body(page, how)
    await chat.open()
    await chat.say(PROBLEM)
    await replace_body(page, how)
    await expect(chat.dialog).to_be_visible()
    await chat.ready()
    await chat.say("hoe meet ik dat?")
    await chat.close()
    await replace_body(page, how)
    await page.evaluate("() => window.klantkompas.open()")
    await expect(chat.visitors).to_have_count(2)
    await expect(chat.input).to_be_focused()


async def test_a_site_that_replaces_its_body_only_keeps_the_chat_as_it_is(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await chat.open()
    await chat.input.fill("half een")
    await chat.evaluate("() => (window.same = true)")
    await replace_body(page, "the body, as Turbo and Livewire do")
    assert await chat.evaluate("() => window.same")
    await expect(chat.input).to_have_value("half een")


async def test_the_script_twice_draws_one_button(server: Server, visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await page.evaluate("document.body.replaceChildren()")
    await page.add_script_tag(url=f"{server.address}/widget.js")
    await expect(page.locator("klantkompas-widget")).to_have_count(1)
    await chat.open()
    await chat.close()


@pytest.mark.parametrize("when", ["", "defer", "async", 'type="module"'])
async def test_the_script_may_stand_in_the_head_in_any_form(visit: Visits, host_site: HostSite, when: str) -> None:
    page = await visit(host_site.page('data-language="en" data-accent="#a0f"', when=when, lang="nl"))
    chat = Chat(page, "en")
    await expect(chat.launcher).to_have_accessible_name(chat.text("open"))
    assert await chat.launcher.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(170, 0, 255)"
    order = await page.evaluate("() => [...document.documentElement.children].map((each) => each.localName)")
    assert order == ["head", "body", "klantkompas-widget"], "the button comes last for the keyboard"
    await chat.open()


@pytest.mark.parametrize("how", ["script", "module", "import"])
async def test_the_script_may_come_after_the_page(server: Server, visit: Visits, host_site: HostSite, how: str) -> None:
    page = await visit(host_site.page(attributes=None))
    address = f"{server.address}/widget.js"
    if how == "import":
        await page.evaluate("address => import(address).then(() => {})", address)
    else:
        await page.add_script_tag(url=address, type="module" if how == "module" else "")
    await Chat(page).open()


async def test_what_the_page_calls_before_there_is_a_body_is_done(visit: Visits, host_site: HostSite) -> None:
    call = f'<script>klantkompas.ask("{PROBLEM}")</script>'
    chat = Chat(await visit(host_site.page(when="", head=call)))
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")


@pytest.mark.parametrize("look", [{}, PHONE], ids=["desktop", "phone"])
async def test_while_the_chat_loads_there_is_a_header_with_a_way_out(
    server: Server, visit: Visits, look: dict[str, Any]
) -> None:
    page = await visit(f"{server.address}/", **look)
    held: list[Route] = []
    await page.route("**/chat?*", lambda route: held.append(route))
    await page.evaluate("() => window.klantkompas.open()")
    cover = page.locator("#klantkompas .cover")
    await expect(cover.get_by_text(text("title"))).to_be_visible()
    await expect(cover.get_by_text(text("loading"))).to_be_visible()
    await expect(page.locator("#klantkompas iframe")).to_be_hidden()
    close = cover.get_by_role("button", name=text("close"))
    await expect(close).to_be_focused()
    await close.click()
    chat = Chat(page)
    await expect(chat.dialog).to_be_hidden()

    await page.evaluate("() => window.klantkompas.open()")
    await expect(cover.locator(".failed")).to_be_visible()
    for route in held:
        await route.continue_()
    await chat.ready()
    await expect(cover).to_be_hidden()
    await expect(chat.scope.locator("header")).to_be_visible()


@pytest.mark.parametrize("failure", ["offline", "bad gateway", "another page"])
@pytest.mark.parametrize("look", [{}, PHONE], ids=["desktop", "phone"])
async def test_a_chat_that_fails_to_load_is_never_shown_and_can_be_tried_again(
    server: Server, visit: Visits, faults: Faults, failure: str, look: dict[str, Any]
) -> None:
    faults.expect("ERR_INTERNET_DISCONNECTED|status of 502|chrome-error")
    page = await visit(f"{server.address}/", **look)

    async def fail(route: Route) -> None:
        if failure == "offline":
            await route.abort("internetdisconnected")
        elif failure == "bad gateway":
            await route.fulfill(status=502, body="<h1>502 Bad Gateway</h1>", content_type="text/html")
        else:
            await route.fulfill(body="<h1>Log in</h1>", content_type="text/html")

    await page.route("**/chat?*", fail)
    chat = Chat(page)
    await page.evaluate("text => window.klantkompas.ask(text)", PROBLEM)
    failed = page.locator("#klantkompas .failed")
    await expect(failed).to_contain_text(text("unreachable"))
    await expect(page.locator("#klantkompas iframe:visible")).to_have_count(0)
    await failed.get_by_role("button", name=text("again")).click()
    await expect(failed).to_be_visible()
    await failed.get_by_role("button", name=text("close")).click()
    await expect(chat.dialog).to_be_hidden()

    await page.unroute("**/chat?*")
    await page.evaluate("() => window.klantkompas.open()")
    await expect(await chat.answer()).to_contain_text("Do: gekozen worden")
    await expect(failed).to_be_hidden()


BAR = "position:fixed;inset:auto 0 0 0;height:300px;background:#ddd;z-index:2147483647"
STYLES = {
    "a bar above everything": "main { margin: 0 }",
    "an enlarged body": "body { zoom: 1.5 }",
    "hidden boxes": "body > div, body > *, div { display: none !important }",
    "a moved body": "body { transform: translateX(-200px); filter: blur(1px); overflow: hidden }",
    "loud rules": "* { all: revert !important; font-size: 30px !important; display: block !important }",
    "right to left": "html { direction: rtl }",
}


@pytest.mark.parametrize("look", [{}, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("style", STYLES)
async def test_no_style_of_the_page_covers_or_moves_the_widget(
    visit: Visits, host_site: HostSite, style: str, look: dict[str, Any]
) -> None:
    page = await visit(host_site.page(body=f'<div style="{BAR}">Cookies?</div>'), **look)
    await page.add_style_tag(content=STYLES[style])
    chat = Chat(page)
    size = page.viewport_size
    assert size
    button = await chat.launcher.bounding_box()
    assert button
    right, bottom = size["width"] - button["x"] - button["width"], size["height"] - button["y"] - button["height"]
    assert (right, bottom) == pytest.approx((20, 20), abs=1)
    await chat.open()  # fails if something lies on top of it
    await animations_finished(page.locator("html"))
    panel = await chat.dialog.bounding_box()
    assert panel
    if look:
        assert panel == pytest.approx({"x": 0, "y": 0, **size}, abs=1)
    else:
        assert (panel["width"], size["width"] - panel["x"] - panel["width"]) == pytest.approx((400, 20), abs=1)
        assert panel["y"] >= 0
    await chat.input.click()
    await chat.say("hallo")
    await chat.close()


async def test_a_page_from_right_to_left_gets_one_corner_for_both(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-position="left"'))
    await page.evaluate("() => (document.documentElement.dir = 'rtl')")
    chat = Chat(page)
    await page.evaluate("() => window.klantkompas.open()")
    for part in (chat.launcher, chat.dialog):
        box = await part.bounding_box()
        assert box
        assert box["x"] == pytest.approx(20, abs=1)


async def test_the_button_stands_above_a_bar_of_the_site(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-offset-bottom="64"'))
    chat = Chat(page)
    button = await chat.launcher.bounding_box()
    assert button
    assert 800 - button["y"] - button["height"] == pytest.approx(84, abs=1)
    await chat.open()
    await animations_finished(chat.dialog)
    panel = await chat.dialog.bounding_box()
    assert panel
    assert 800 - panel["y"] - panel["height"] == pytest.approx(156, abs=1)
    assert panel["y"] >= 0


async def test_ask_without_words_says_nothing_for_the_visitor(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await page.evaluate("() => [undefined, null, '', '  '].forEach((words) => window.klantkompas.ask(words))")
    await chat.ready()
    await expect(chat.visitors).to_have_count(0)
    await expect(chat.messages).to_have_count(1)


@pytest.mark.parametrize(("attributes", "scheme"), [("", "dark"), ('data-theme="dark"', "light")])
async def test_the_invitation_is_dark_where_the_chat_is(
    visit: Visits, host_site: HostSite, attributes: str, scheme: Any
) -> None:
    page = await visit(host_site.page(f'data-greet-after="0.1" {attributes}'), color_scheme=scheme)
    invitation = page.locator("#klantkompas .invitation")
    await expect(invitation).to_be_visible()
    assert await invitation.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(36, 41, 42)"
