"""A report of an analytics program, dropped on the chat or chosen with the paper clip."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import cut_off, in_chat, report, small_targets
from tests.browser.chat import Chat
from tests.browser.conftest import Faults, Visits
from tests.support.server import Server

REPORT = "Sessies,Toevoegingen aan winkelwagen,Aankopen\n9000,700,71\n"
DRAG = """(root, [type, files]) => {
    const dataTransfer = new DataTransfer();
    for (const [name, text] of files) dataTransfer.items.add(new File([text], name, { type: "text/csv" }));
    root.querySelector("#log").dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
}"""


async def choose(chat: Chat, name: str, data: bytes) -> None:
    """Opens the file dialog by the keyboard, and chooses a file."""
    await expect(chat.input).to_be_focused()  # the chat does so a moment after it opens
    async with chat.page.expect_file_chooser() as chooser:
        await chat.scope.get_by_role("button", name=chat.text("attach")).press("Enter")
    await (await chooser.value).set_files({"name": name, "mimeType": "text/csv", "buffer": data})


async def test_a_dropped_report_is_read_and_the_quickscan_goes_on(server: Server, visit: Visits) -> None:
    chat = Chat(await visit(f"{server.address}/"))
    await chat.open()
    await chat.say("ik heb een webshop")
    await chat.evaluate(DRAG, ["dragover", [["oktober.csv", REPORT]]])
    await expect(chat.scope.get_by_text(chat.text("drop"))).to_be_visible()
    assert await in_chat(chat, "dragging") == []
    await chat.evaluate(DRAG, ["drop", [["oktober.csv", REPORT]]])
    await expect(chat.scope.get_by_text(chat.text("drop"))).to_be_hidden()
    await expect(chat.visitors.last).to_contain_text("oktober.csv")
    answer = await chat.answer()
    await expect(answer).to_contain_text("9.000 bezoekers")
    answer = await chat.press("genoeg")
    await expect(answer).to_contain_text("van winkelwagens naar bestellingen")


async def test_several_files_at_once_are_not_sent(server: Server, visit: Visits) -> None:
    chat = Chat(await visit(f"{server.address}/"))
    await chat.open()
    await chat.evaluate(DRAG, ["drop", [["a.csv", REPORT], ["b.csv", REPORT]]])
    await expect(chat.scope.get_by_text(chat.text("one_file"))).to_be_visible()
    await expect(chat.visitors).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
async def test_a_file_that_cannot_be_read_is_explained_and_another_one_chosen(
    server: Server, visit: Visits, faults: Faults, width: int
) -> None:
    faults.expect("status of 422")
    page = await visit(f"{server.address}/?language=en", viewport={"width": width, "height": 640})
    chat = Chat(page, "en")
    await chat.open()
    await choose(chat, "report.xlsx", b"PK\x03\x04\0\0\0\0")
    await expect(chat.failed).to_contain_text(chat.text("problem_report_no_text"))
    found = await in_chat(chat, "refused")
    assert not found, report(found)
    assert await cut_off(chat) == []
    assert await small_targets(chat) == []
    async with page.expect_file_chooser() as chooser:
        await chat.failed.get_by_role("button", name=chat.text("other_file")).click()
    await (await chooser.value).set_files({"name": "x.csv", "mimeType": "text/csv", "buffer": REPORT.encode()})
    await expect(await chat.answer()).to_contain_text("9,000 visitors")
    await expect(chat.failed).to_have_count(0)


async def test_a_report_that_did_not_arrive_can_be_sent_again(server: Server, visit: Visits, faults: Faults) -> None:
    faults.expect("status of 500")
    chat = await visit.chat(server)
    page = chat.page
    await page.route("**/webhooks/website/reports", lambda route: route.fulfill(status=500, body="broken"), times=1)
    await choose(chat, "oktober.csv", REPORT.encode())
    await chat.failed.get_by_role("button", name=chat.text("retry")).click()
    await expect(await chat.answer()).to_contain_text("9.000 bezoekers")


async def test_too_large_a_file_is_not_sent(server: Server, visit: Visits) -> None:
    chat = Chat(await visit(f"{server.address}/"))
    await chat.open()
    await choose(chat, "jaren.csv", b"x" * 2_000_001)
    await expect(chat.failed).to_contain_text(chat.text("problem_report_too_large"))
