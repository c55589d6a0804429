"""The box in which the visitor writes: long messages, input methods."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import OUT_OF_SIGHT
from tests.browser.chat import Chat
from tests.browser.conftest import Visits
from tests.support.server import Server

SCREENS = {"desktop": (1280, 800), "phone": (390, 844), "small phone": (320, 568), "phone with keyboard": (390, 420)}
STORY = "Onze winkel loopt al een tijdje niet zo goed meer. " * 60


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("length", [200, 600, 3000])
async def test_a_long_story_leaves_header_messages_and_counter_in_sight(
    server: Server, visit: Visits, screen: str, length: int
) -> None:
    width, height = SCREENS[screen]
    chat = Chat(await visit(f"{server.address}/", viewport={"width": width, "height": height}))
    await chat.open()
    await chat.input.fill(STORY[:length])
    await chat.input.press("End")
    if length > 2000:
        await expect(chat.scope.locator(".counter")).to_be_in_viewport(ratio=1)
    await chat.input.evaluate("() => new Promise(requestAnimationFrame)")
    assert await chat.evaluate(OUT_OF_SIGHT) == []


async def test_a_message_over_the_limit_is_counted_and_stays_to_be_shortened(server: Server, visit: Visits) -> None:
    chat = Chat(await visit(f"{server.address}/"))
    await chat.open()
    send = chat.scope.get_by_role("button", name=chat.text("send"))
    await expect(send).to_be_disabled()
    await chat.input.fill("x" * 1900)
    await expect(chat.scope.get_by_text(chat.text("characters_left", number=100))).to_be_visible()
    await expect(send).to_be_enabled()
    story = "hallo " * 350
    await chat.input.fill(story)
    await expect(chat.scope.get_by_text("100 tekens te lang")).to_be_visible()
    await expect(send).to_be_disabled()
    await chat.input.press("Enter")
    await expect(chat.input).to_have_value(story)
    await expect(chat.visitors).to_have_count(0)
    await chat.input.fill("hallo")
    await expect(chat.scope.locator(".counter")).to_have_count(0)
    await send.click()
    await chat.answer()
    await expect(chat.visitors).to_have_count(1)
    await expect(chat.input).to_have_value("")
    await expect(send).to_be_disabled()


@pytest.mark.parametrize("key", ["isComposing: true", "keyCode: 229"])
async def test_enter_that_ends_a_word_of_an_input_method_does_not_send(server: Server, visit: Visits, key: str) -> None:
    chat = Chat(await visit(f"{server.address}/"))
    await chat.open()
    await chat.input.fill("にほん")
    await chat.input.evaluate(
        f"""(box) => box.dispatchEvent(
            new KeyboardEvent("keydown", {{ key: "Enter", {key}, bubbles: true, cancelable: true }})
        )"""
    )
    await expect(chat.input).to_have_value("にほん")
    await expect(chat.visitors).to_have_count(0)
    await chat.input.press("Enter")
    await expect(chat.visitors.locator(".bubble")).to_have_text(["にほん"])


async def test_the_box_is_written_in_a_size_that_makes_no_phone_zoom_in(server: Server, visit: Visits) -> None:
    chat = Chat(await visit(f"{server.address}/", viewport={"width": 390, "height": 844}, has_touch=True))
    await chat.open()
    assert await chat.input.evaluate("box => parseFloat(getComputedStyle(box).fontSize)") >= 16
