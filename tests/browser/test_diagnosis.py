"""A diagnosis: the problem and the first step in sight at once, the choices above the box, the journey as a strip."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.accessibility import cut_off
from tests.browser.chat import Chat
from tests.browser.conftest import Visits
from tests.support.server import Server

PROBLEM = {
    "nl": "we krijgen genoeg bezoekers, maar niemand bestelt",
    "en": "we get plenty of visitors, but nobody orders",
}

TOUCH: dict[str, Any] = {"has_touch": True, "is_mobile": True}
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, **TOUCH},
    "phone with keyboard": {"viewport": {"width": 390, "height": 460}, **TOUCH},
    "narrow": {"viewport": {"width": 320, "height": 568}, **TOUCH},
}


async def in_sight(chat: Chat, part: Locator) -> bool:
    """Whether the whole of a part lies within the visible log."""
    log, box = await chat.log.bounding_box(), await part.bounding_box()
    assert log
    assert box
    return log["y"] <= box["y"] + 1 and box["y"] + box["height"] <= log["y"] + log["height"] + 1


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("screen", SCREENS)
async def test_the_problem_and_the_first_step_are_read_without_scrolling(
    server: Server, visit: Visits, screen: str, language: str
) -> None:
    page = await visit(f"{server.address}/?language={language}", **SCREENS[screen])
    chat = Chat(page, "en" if language == "en" else "nl")
    await chat.open()
    answer = await chat.say(PROBLEM[language])
    await chat.scrolled()
    assert await in_sight(chat, answer.get_by_role("heading", level=2))
    assert await in_sight(chat, answer.get_by_role("tabpanel").locator("strong").first)
    assert await cut_off(chat) == []
    assert await chat.fits_sideways()


@pytest.mark.parametrize("screen", SCREENS)
async def test_the_choices_stay_in_sight_below_the_question_they_answer(
    server: Server, visit: Visits, screen: str
) -> None:
    page = await visit(f"{server.address}/", **SCREENS[screen])
    chat = Chat(page)
    await chat.open()
    answer = await chat.say(PROBLEM["nl"])
    await chat.scrolled()
    question = chat.scope.locator(".choices .part")
    for end in (0, 100_000):
        await chat.log.evaluate("(log, top) => log.scrollTo({ top, behavior: 'instant' })", end)
        await expect(question).to_be_in_viewport()
        await expect(chat.choices.first).to_be_in_viewport(ratio=1)
        await expect(chat.input).to_be_in_viewport(ratio=1)
    asked = await question.inner_text()
    await expect(answer).not_to_contain_text(asked)
    log, whole = await chat.log.bounding_box(), page.viewport_size
    assert log
    assert whole
    assert log["height"] >= 0.38 * min(whole["height"], 680), "the choices cover the answer"
    last = chat.choices.last
    await last.scroll_into_view_if_needed()
    await last.click()
    await chat.answer()
    await expect(chat.advisors.nth(1)).to_contain_text(asked)


async def test_a_diagnosis_shows_the_journey_as_a_strip_and_the_stages_only_when_asked(
    server: Server, visit: Visits
) -> None:
    chat = await visit.chat(server)
    answer = await chat.say(PROBLEM["nl"])
    strip = answer.get_by_role("img")
    box = await strip.bounding_box()
    assert box
    assert box["height"] == pytest.approx(34, abs=1)
    await expect(strip.locator(".phase.marked")).to_have_text("Do gekozen worden")
    await expect(answer.locator(".stages")).to_have_count(0)
    explained = await chat.say("leg de klantreis uit")
    await expect(explained.locator(".stages span")).to_have_text(
        ["oriëntatie", "afweging", "aankoop", "gebruik", "evaluatie"]
    )
    await expect(explained.locator(".phase span").first).to_have_text("gezien worden")


async def test_a_phase_without_a_closer_problem_is_titled_in_plain_words(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    answer = await chat.press("Er is interesse, maar ze kopen niet")
    await expect(answer.get_by_role("heading", level=2)).to_have_text("Er is interesse, maar ze kopen niet")


async def test_an_appointment_is_on_offer_after_a_diagnosis(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    await chat.say("klanten kopen één keer en komen niet terug")
    offers = await chat.choices.all_inner_texts()
    assert chat.text("button_appointment") in offers
    assert chat.text("button_competitor_check") not in offers, "competitors do not explain why customers stay away"
    await expect(await chat.press(chat.text("button_appointment"))).to_contain_text("Hoe heet je?")


@pytest.mark.parametrize("screen", ["phone with keyboard", "narrow"])
async def test_a_new_conversation_shows_the_privacy_line_the_question_and_choices(
    server: Server, visit: Visits, screen: str
) -> None:
    page = await visit(f"{server.address}/", **SCREENS[screen])
    chat = Chat(page)
    await chat.open()
    assert await in_sight(chat, chat.scope.locator(".about"))
    await expect(chat.advisors.first).to_contain_text("Wat gaat er mis?")
    assert await in_sight(chat, chat.advisors.first)
    await expect(chat.choices.first).to_be_in_viewport(ratio=1)


async def test_a_long_list_of_channels_shows_three_and_the_others_when_asked(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    await chat.press("Bijna niemand kent ons")
    panel = await chat.tab("Kanalen")
    channels = panel.locator("vaadin-markdown li").filter(visible=True)
    await expect(channels).to_have_count(3)
    await panel.locator("summary").click()
    await expect(channels).to_have_count(4)


async def test_a_small_screen_scrolls_the_tabs_in_one_row(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/?language=en", **SCREENS["narrow"])
    chat = Chat(page, "en")
    await chat.open()
    answer = await chat.say(PROBLEM["en"])
    tops = await answer.get_by_role("tab").evaluate_all("tabs => tabs.map(tab => tab.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    last = answer.get_by_role("tab").last
    await last.click()
    await expect(last).to_be_in_viewport(ratio=0.95)
