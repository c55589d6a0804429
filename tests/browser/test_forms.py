"""Forms in the chat: how far they are, help to fill them in, errors at the box, and the proof that it was sent."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.chat import Chat
from tests.browser.conftest import Visits
from tests.support.server import Server


async def test_each_question_says_how_far_the_form_is_and_prepares_the_box(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    progress = chat.scope.locator(".progress")
    await expect(chat.input).to_have_attribute("placeholder", chat.text("write"))
    for said, step, label, example, keyboard, completion in (
        ("ik wil een gratis concurrentiecheck", "1 van 3", "Concurrent", "bijv. www.concurrent.nl", "url", "url"),
        ("www.rivaal.nl", "2 van 3", "E-mail", "bijv. naam@bedrijf.nl", "email", "email"),
    ):
        await chat.say(said)
        await expect(progress).to_contain_text(f"Gratis concurrentiecheck {step}")
        await expect(chat.input).to_have_accessible_name(f"{label}, {step}")
        await expect(chat.input).to_have_attribute("placeholder", example)
        await expect(chat.input).to_have_attribute("inputmode", keyboard)
        await expect(chat.input).to_have_attribute("autocomplete", completion)
    await chat.say("jan@zaak.nl")
    await expect(progress).to_contain_text("3 van 3")
    await chat.say("laat maar")
    await expect(progress).to_have_count(0)
    await expect(chat.input).to_have_attribute("placeholder", chat.text("write"))
    await expect(chat.input).to_have_attribute("autocomplete", "off")


async def test_an_error_stands_at_the_box_until_the_value_is_right(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server)
    await chat.say("ik wil een gratis concurrentiecheck")
    await chat.say("www.rivaal.nl")
    answer = await chat.say("jan@@zaak")
    wrong = chat.scope.locator(".wrong")
    await expect(wrong).to_contain_text(chat.text("invalid_email"))
    await expect(answer).to_be_hidden()
    await expect(chat.input).to_have_attribute("aria-invalid", "true")
    await expect(chat.input).to_have_accessible_description(await wrong.inner_text())
    await expect(chat.scope.locator(".progress")).to_contain_text("2 van 3")
    await chat.page.reload()
    await chat.open()
    await expect(wrong).to_contain_text(chat.text("invalid_email"))
    await chat.say("jan@zaak.nl")
    await expect(wrong).to_have_count(0)
    await expect(chat.input).not_to_have_attribute("aria-invalid", "true")
    await expect(chat.advisors.filter(has_text=chat.text("invalid_email"))).to_be_visible()


async def test_a_sent_request_is_a_card_with_a_number_to_copy_and_what_is_next(server: Server, visit: Visits) -> None:
    chat = await visit.chat(server, permissions=["clipboard-read", "clipboard-write"])
    for said in ("ik wil een afspraak", "Karin", "karin@zaak.nl", "dinsdagochtend"):
        await chat.say(said)
    card = await chat.press("Ja, verstuur")
    await expect(card.get_by_role("heading", level=2)).to_have_text(chat.text("receipt_title"))
    await expect(card.get_by_role("listitem")).to_have_count(2)
    await expect(chat.choices.first).to_be_in_viewport(ratio=1)
    assert chat.text("button_appointment") not in await chat.choices.all_inner_texts()
    number = await card.locator(".value").inner_text()
    assert number.isdigit()
    await card.get_by_role("button", name=chat.text("copy_number")).click()
    await expect(chat.scope.get_by_role("status").filter(has_text=chat.text("copied"))).to_be_visible()
    assert await chat.page.evaluate("() => navigator.clipboard.readText()") == number


async def test_a_german_visitor_reads_english(server: Server, visit: Visits) -> None:
    page = await visit(f"{server.address}/chat", locale="de-DE")
    chat = Chat(page, "en", framed=False)
    await chat.ready()
    await expect(chat.advisors.first).to_contain_text("What is going wrong?")
