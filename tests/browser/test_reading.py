"""Scrolling, votes, copying and saving the conversation, long messages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.advice.answer import Answer, Section
from tests.browser.accessibility import colours, luminance
from tests.browser.chat import Chat, conversation_of, store_of
from tests.browser.conftest import Visits
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"


async def test_a_long_answer_is_shown_from_its_question_on(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    for message in (PROBLEM, "bijna niemand kent ons", "klanten komen niet terug"):
        answer = await chat.say(message)
        await chat.scrolled()
        await expect(chat.visitors.last.locator(".bubble")).to_be_in_viewport(ratio=1)
        await expect(answer.locator("h2")).to_be_in_viewport(ratio=1)


async def test_an_earlier_conversation_is_shown_from_its_last_question_on(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    for message in (PROBLEM, "bijna niemand kent ons"):
        await chat.say(message)
    await page.reload()
    await chat.messages.last.wait_for(state="attached")
    await chat.open()
    await chat.scrolled()
    await expect(chat.visitors.last.locator(".bubble")).to_be_in_viewport(ratio=1)


async def test_the_log_does_not_scroll_while_the_visitor_reads_back(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say(PROBLEM)
    await chat.scrolled()
    await chat.log.evaluate("log => log.scrollTo({ top: 10, behavior: 'instant' })")
    newest = chat.scope.get_by_role("button", name=chat.text("to_newest"))
    await expect(newest).to_have_count(0)
    unasked = Answer("nl", (Section(text="Een collega kijkt met je mee."),))
    store_of(server).add_answers(await conversation_of(chat), [unasked])
    await expect(newest).to_be_visible()
    assert await chat.log.evaluate("log => log.scrollTop") == pytest.approx(10, abs=1)
    await newest.focus()
    await page.keyboard.press("Enter")
    await chat.scrolled()
    await expect(chat.messages.last.locator(".bubble")).to_be_in_viewport(ratio=1)
    await expect(newest).to_have_count(0)
    assert await chat.keeps_focus()


async def test_a_thumb_is_stored_and_shown_again(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say(PROBLEM)
    conversation = await conversation_of(chat)
    store = store_of(server)

    def votes() -> list[tuple[str | None, str | None]]:
        voted = [(answer, asked) for answer, asked in store.votes() if answer.conversation == conversation]
        return [(answer.vote, asked.text if asked else None) for answer, asked in voted]

    async with page.expect_response("**/feedback"):
        await chat.thumb(False).click()
    await expect(chat.thumb(False)).to_have_attribute("aria-pressed", "true")
    await chat.scope.get_by_role("button", name=chat.text("skip")).click()
    await expect(chat.scope.get_by_text(chat.text("feedback_thanks"))).to_be_visible()
    assert await chat.keeps_focus()
    assert votes() == [("down", PROBLEM)]
    await page.reload()
    await chat.open()
    await expect(chat.thumb(False)).to_have_attribute("aria-pressed", "true")
    async with page.expect_response("**/feedback"):
        await chat.thumb(True).click()
    assert votes() == [("up", PROBLEM)]
    async with page.expect_response("**/feedback"):
        await chat.thumb(True).click()
    await expect(chat.thumb(True)).to_have_attribute("aria-pressed", "false")
    assert votes() == []


async def test_a_thumb_down_asks_why_and_keeps_the_reason_and_a_comment(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say(PROBLEM)
    await chat.thumb(False).click()
    reason = chat.scope.get_by_role("button", name=chat.text("reason_not_fitting"))
    async with page.expect_response("**/feedback"):
        await reason.click()
    await expect(reason).to_have_attribute("aria-pressed", "true")
    await chat.scope.get_by_role("textbox", name=chat.text("why_comment")).fill("We hebben geen webshop.")
    async with page.expect_response("**/feedback"):
        await chat.scope.locator(".why").get_by_role("button", name=chat.text("send")).click()
    await expect(chat.scope.locator(".why")).to_have_count(0)
    assert await chat.keeps_focus()
    conversation, store = await conversation_of(chat), store_of(server)
    (answer,) = [answer for answer, _ in store.votes() if answer.conversation == conversation]
    assert (answer.vote, answer.reason, answer.comment) == ("down", "not_fitting", "We hebben geen webshop.")
    async with page.expect_response("**/feedback"):
        await chat.thumb(True).click()
    (answer,) = [answer for answer, _ in store.votes() if answer.conversation == conversation]
    assert (answer.vote, answer.reason, answer.comment) == ("up", None, None)


async def test_the_time_of_a_message_shows_when_pointed_at_and_days_are_named(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say("hallo")
    time = chat.visitors.last.locator("time")
    await expect(time).to_have_css("opacity", "0")
    await chat.visitors.last.locator(".bubble").hover()
    await expect(time).to_have_css("opacity", "1")
    await expect(chat.scope.locator(".day")).to_have_count(0)

    await page.clock.install(time=datetime.now() + timedelta(days=1))
    await page.reload()
    await chat.open()
    await expect(chat.scope.locator(".day")).to_have_text(["Gisteren"])
    await chat.say("hallo")
    await expect(chat.scope.locator(".day")).to_have_text(["Gisteren"])


async def test_small_talk_has_no_thumbs(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    await expect(await chat.say("hallo")).to_be_visible()
    await expect(chat.scope.locator(".thumb")).to_have_count(0)


def assert_both_sides(transcript: str) -> None:
    assert transcript.count("Adviseur (") == 2
    assert transcript.count("Jij (") == 1
    assert PROBLEM in transcript
    assert "Wat gaat er mis?" in transcript
    assert "Do: gekozen worden" in transcript
    assert not re.search(r"\*\*|\]\(", transcript), "Markdown"
    for tab in ("BEGIN", "KANALEN", "BOODSCHAP", "METEN"):
        assert f"\n{tab}\n" in transcript
    assert "Conversiepercentage: " in transcript


async def test_the_conversation_can_be_copied(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server, permissions=["clipboard-read", "clipboard-write"])
    page = chat.page
    await chat.say(PROBLEM)
    await chat.choose("copy_transcript")
    await expect(chat.scope.get_by_text(chat.text("copied"))).to_be_visible()
    assert_both_sides(await page.evaluate("() => navigator.clipboard.readText()"))


async def test_the_conversation_can_be_saved(server: Server, visit: Visits, tmp_path: Path) -> None:
    chat = await visit.chat(server)
    page = chat.page
    await chat.say(PROBLEM)
    async with page.expect_download() as started:
        await chat.choose("save_transcript")
    download = await started.value
    assert download.suggested_filename == "gesprek-klantkompas.txt"
    await download.save_as(tmp_path / "conversation.txt")
    assert_both_sides((tmp_path / "conversation.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_on_paper_stand_all_tabs_in_black_on_white(server: Server, visit: Visits, theme: str) -> None:
    page = await visit(f"{server.address}/chat?theme={theme}", color_scheme=theme)
    chat = Chat(page, framed=False)
    await chat.ready()
    answer = await chat.say(PROBLEM)
    await page.emulate_media(media="print")
    for title in ("Begin", "Kanalen", "Boodschap", "Meten"):
        await expect(answer.get_by_role("heading", name=title, exact=True)).to_be_visible()
    await expect(answer.get_by_role("table").last).to_be_visible()
    for bubble in await chat.messages.locator(".bubble").all():
        assert luminance((await colours(bubble))[0]) < 0.1
    assert await chat.evaluate("root => getComputedStyle(root).colorScheme") == "light"
    assert await answer.locator(".phase.marked").evaluate("one => getComputedStyle(one).printColorAdjust") == "exact"
    for gone in ("footer", ".thumbs", ".choices", "header button"):
        await expect(chat.scope.locator(gone).first).to_be_hidden()
    rest = "root => root.scrollHeight - document.querySelector('.messages').getBoundingClientRect().bottom - scrollY"
    assert await chat.evaluate(rest) < 40, "white space below, which may be a page"
