"""Invitations: when they come, and that they leave whoever does not want them alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import in_page
from tests.browser.chat import Chat, text
from tests.browser.conftest import Visits
from tests.browser.host_site import HostSite

LONG = '<div style="height: 4000px">Een lange pagina</div>'
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def invitation_on(page: Page) -> Locator:
    return page.locator("#klantkompas .invitation")


async def with_clock(page: Page, host_site: HostSite) -> Page:
    """Loads the page again with a clock that the test can put forward, and waits for the rules to be watched."""
    await page.clock.install()
    await page.reload()
    await rules_watched(page, host_site)
    return page


async def rules_watched(page: Page, host_site: HostSite) -> None:
    """Waits for the module that the loader imports; whoever asked for it first has got it first."""
    await page.evaluate("async (address) => void (await import(address))", f"{host_site.chat}/widget/extras.js")


async def test_nobody_is_invited_by_default(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-invite="Kom erbij"', body=LONG))
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    await page.clock.install()
    await page.reload()
    await page.mouse.wheel(0, 10_000)
    await page.clock.fast_forward(3_600_000)
    await expect(invitation_on(page)).to_have_count(0)
    assert not any("extras.js" in address for address in fetched)


@pytest.mark.parametrize("attribute", ["data-invite-after", "data-greet-after"])
async def test_an_invitation_comes_after_a_while_and_opens_the_chat(
    visit: Visits, host_site: HostSite, attribute: str
) -> None:
    page = await with_clock(await visit(host_site.page(f'{attribute}="8"')), host_site)
    invitation = invitation_on(page)
    await expect(invitation).to_have_count(0)
    await page.clock.fast_forward(8_000)
    await expect(invitation).to_be_visible()
    await invitation.get_by_role("button", name=text("invitation")).click()
    await expect(invitation).to_have_count(0)
    await Chat(page).ready()


async def test_the_sentence_is_that_of_the_page(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-invite="Twijfel je? <b>Vraag maar</b>" data-invite-after="8"'))
    await with_clock(page, host_site)
    await page.clock.fast_forward(8_000)
    await expect(invitation_on(page)).to_contain_text("Twijfel je? <b>Vraag maar</b>")
    assert await in_page(page, "invited") == []


async def test_an_invitation_comes_when_so_much_of_the_page_was_read(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-invite-scroll="60"', body=LONG))
    await rules_watched(page, host_site)
    await page.evaluate("() => scrollTo({ top: 1000, behavior: 'instant' })")
    await expect(invitation_on(page)).to_have_count(0)
    await page.evaluate("() => scrollTo({ top: 2500, behavior: 'instant' })")
    await expect(invitation_on(page)).to_be_visible()


async def test_an_invitation_comes_when_the_visitor_is_about_to_leave(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page("data-invite-exit"))
    await rules_watched(page, host_site)
    leave = """(height) => document.documentElement.dispatchEvent(
        new MouseEvent("mouseout", { bubbles: true, clientY: height, relatedTarget: null }))"""
    await page.evaluate(leave, 400)
    await expect(invitation_on(page)).to_have_count(0)
    await page.evaluate(leave, -1)
    await expect(invitation_on(page)).to_be_visible()


@pytest.mark.parametrize(("attributes", "invited"), [("", 0), ("data-invite-phones", 1)])
async def test_phones_are_left_alone_unless_asked(
    visit: Visits, host_site: HostSite, attributes: str, invited: int
) -> None:
    page = await visit(host_site.page(f'data-invite-after="8" {attributes}'), **PHONE)
    await with_clock(page, host_site)
    await page.clock.fast_forward(8_000)
    await expect(invitation_on(page)).to_have_count(invited)


@pytest.mark.parametrize("by", ["the cross", "Escape"])
async def test_an_invitation_that_was_dismissed_never_comes_back(visit: Visits, host_site: HostSite, by: str) -> None:
    page = await with_clock(await visit(host_site.page('data-invite-after="8"')), host_site)
    invitation = invitation_on(page)
    await page.clock.fast_forward(8_000)
    await invitation.get_by_role("button", name=text("dismiss")).press("Enter" if by == "the cross" else "Escape")
    await expect(invitation).to_have_count(0)
    assert await page.evaluate("() => document.activeElement !== document.body"), "the focus was lost"
    later = await page.context.new_page()  # as on another day: nothing of the tab is left
    await later.clock.install()
    await later.goto(page.url)
    await rules_watched(later, host_site)
    await later.clock.fast_forward(10_000)
    await expect(invitation_on(later)).to_have_count(0)


async def test_the_next_page_of_a_visit_does_not_invite_again(visit: Visits, host_site: HostSite) -> None:
    page = await with_clock(await visit(host_site.page('data-invite-after="8"')), host_site)
    await page.clock.fast_forward(8_000)
    await expect(invitation_on(page)).to_be_visible()
    assert await page.evaluate("() => localStorage.length") == 0
    await page.goto(host_site.page('data-invite-after="8"'))
    await rules_watched(page, host_site)
    await page.clock.fast_forward(10_000)
    await expect(invitation_on(page)).to_have_count(0)


async def test_whoever_talks_already_is_not_invited(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page('data-invite-after="8"'))
    chat = Chat(page)
    await chat.open()
    await chat.close()
    await with_clock(page, host_site)
    await page.clock.fast_forward(10_000)
    await expect(invitation_on(page)).to_have_count(0)


async def test_a_hidden_button_invites_nobody(visit: Visits, host_site: HostSite) -> None:
    page = await with_clock(await visit(host_site.page('data-invite-after="8"')), host_site)
    await page.evaluate("() => window.klantkompas.hide()")
    await page.clock.fast_forward(10_000)
    await expect(invitation_on(page)).to_have_count(0)
