"""window.klantkompas: what the scripts of a site can do with the chat, and what they are told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.chat.website.pages import BUILT
from bot.storage.requests import RequestStore
from bot.storage.visits import Visit
from tests.browser.chat import Chat, conversation_of, text
from tests.browser.conftest import FOREIGN_HOST, Visits
from tests.browser.host_site import HostSite
from tests.support.server import Server

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"
NAMES = ["ready", "opened", "closed", "message", "diagnosed", "phase", "symptom", "request", "plan", "handover"]

LISTENER = f"""<script>
window.seen = [];
for (const name of {NAMES}) addEventListener(`klantkompas:${{name}}`, (event) => seen.push([name, event.detail]));
</script>"""


async def seen(page: Page, last: str) -> list[Any]:
    """What the page was told, once the last of it has come."""
    await page.wait_for_function("name => window.seen.at(-1)?.[0] === name", arg=last)
    told: list[Any] = await page.evaluate("() => window.seen")
    return told


async def test_the_page_is_told_what_happens_and_nothing_of_what_is_said(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(head=LISTENER))
    chat = Chat(page)
    assert await seen(page, "ready") == [["ready", {}]]
    await chat.open()
    await chat.say(PROBLEM)
    of_answer = [
        ["message", {"from": "visitor"}],
        ["message", {"from": "advisor"}],
        ["phase", {"phase": "do"}],
        ["diagnosed", {"phase": "do", "symptom": "visitors_dont_buy"}],
        ["symptom", {"phase": "do", "symptom": "visitors_dont_buy"}],
    ]
    assert await seen(page, "symptom") == [["ready", {}], ["opened", {}], *of_answer]
    await chat.say("maak er een plan van")
    assert (await seen(page, "plan"))[-1] == ["plan", {}]
    await chat.say("ik wil een mens spreken")
    assert (await seen(page, "handover"))[-1] == ["handover", {}]
    await chat.close()
    told = await seen(page, "closed")
    assert [name for name, _ in told].count("phase") == 1, "the phase did not change"
    assert "bezoekers" not in json.dumps(told)


async def test_a_request_is_told_once_without_who_made_it(server: Server, visit: Visits, host_site: HostSite) -> None:
    page = await visit(f"{host_site.page(head=LISTENER)}?utm_source=nieuwsbrief&utm_campaign=najaar&klant=12#prijzen")
    chat = Chat(page)
    await chat.open()
    for words in ("ik wil een afspraak", "Karin de Vries", "karin@zaak.nl", "volgende week dinsdag om 10 uur"):
        await chat.say(words)
    await chat.press(text("button_yes_send"))
    told = await seen(page, "request")
    assert told[-1] == ["request", {"kind": "appointment"}]
    assert "arin" not in json.dumps(told)
    conversation = await conversation_of(chat)
    (stored,) = [r for r in RequestStore(server.intake_db).all() if r.request.conversation == conversation]
    address = page.url.partition("?")[0]
    assert stored.visit == Visit(address, "Een site", "", {"utm_source": "nieuwsbrief", "utm_campaign": "najaar"})


async def test_where_a_visitor_writes_is_kept_with_the_campaign_of_an_earlier_page(
    server: Server, visit: Visits, host_site: HostSite
) -> None:
    page = await visit(f"{host_site.page()}?utm_source=krant")
    chat = Chat(page)
    await chat.open()
    store, conversation = RequestStore(server.intake_db), await conversation_of(chat)
    assert store.visit_now(conversation) is None, "nothing is kept of who only looks"
    await chat.say(PROBLEM)
    await page.goto(host_site.page())
    await chat.ready()
    await chat.say("hoe dan?")
    assert store.visit_now(conversation) == Visit(page.url, "Een site", "", {"utm_source": "krant"})


async def test_two_tabs_do_not_count_the_same_answer_twice(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(head=LISTENER))
    chat = Chat(page)
    await chat.open()
    other = Chat(await page.context.new_page())
    await other.page.goto(page.url)
    await other.open()
    await chat.say(PROBLEM)
    await expect(other.messages).to_have_count(3)
    await seen(page, "symptom")
    assert [name for name, _ in await other.page.evaluate("() => window.seen")] == ["ready", "opened"]


async def test_a_handler_can_be_taken_away_and_ready_is_told_to_late_ones(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    counts = await page.evaluate(
        """async () => {
            const counts = { ready: 0, opened: 0 };
            await new Promise((done) => klantkompas.on("ready", () => done((counts.ready += 1))));
            const off = klantkompas.on("opened", () => (counts.opened += 1));
            klantkompas.on("opened", () => { throw new Error("of this test"); });
            klantkompas.open(); klantkompas.close(); off(); klantkompas.open();
            return counts;
        }"""
    )
    assert counts == {"ready": 1, "opened": 1}
    await expect(Chat(page).dialog).to_be_visible()


@pytest.fixture(autouse=True)
def _expect_the_faulty_handler(faults: Any) -> None:
    faults.expect("of this test")


async def test_the_button_can_be_hidden_and_shown(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page())
    chat = Chat(page)
    await chat.open()
    await page.evaluate("() => klantkompas.hide()")
    await expect(chat.launcher).to_be_hidden()
    await expect(chat.dialog).to_be_hidden()
    await page.evaluate("() => klantkompas.show()")
    await expect(chat.launcher).to_be_visible()
    await page.evaluate("() => { klantkompas.hide(); klantkompas.open(); }")
    await expect(chat.dialog).to_be_visible()


async def test_the_site_chooses_the_language(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(lang="nl"))
    await page.evaluate("() => klantkompas.setLanguage('en')")
    chat = Chat(page, "en")
    await expect(chat.launcher).to_have_accessible_name(text("open", "en"))
    await chat.open()
    await expect(chat.messages.first).to_contain_text(text("welcome", "en"))
    await expect(chat.input).to_have_attribute("placeholder", text("write", "en"))
    await page.evaluate("() => klantkompas.setLanguage('nl')")
    await expect(chat.messages.first).to_contain_text(text("welcome", "nl"))
    await expect(chat.launcher).to_have_accessible_name(text("close", "nl"))
    await chat.say(PROBLEM)
    await page.evaluate("() => klantkompas.setLanguage('en')")
    await expect(chat.launcher).to_have_accessible_name(text("close", "en"))
    await expect(chat.messages).to_have_count(3)


async def test_google_hears_nothing_by_default(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(head=LISTENER))
    await Chat(page).open()
    await seen(page, "opened")
    assert await page.evaluate("() => typeof window.dataLayer") == "undefined"


@pytest.mark.parametrize(("attribute", "layer"), [("data-data-layer", "dataLayer"), ('data-data-layer="own"', "own")])
async def test_the_data_layer_is_told_when_the_site_wants_it(
    visit: Visits, host_site: HostSite, attribute: str, layer: str
) -> None:
    page = await visit(host_site.page(attribute, head=LISTENER))
    await page.wait_for_function("name => window[name]?.length === 1", arg=layer)
    chat = Chat(page)
    await chat.open()
    await chat.say(PROBLEM)
    await seen(page, "symptom")
    await chat.close()
    await seen(page, "closed")
    told = await page.evaluate("name => window[name]", layer)
    assert [push["event"].removeprefix("klantkompas_") for push in told] == [n for n, _ in await seen(page, "closed")]
    diagnosed = next(push for push in told if push["event"] == "klantkompas_diagnosed")
    assert diagnosed["klantkompas_phase"] == "do"
    assert diagnosed["klantkompas_symptom"] == "visitors_dont_buy"
    names = await page.evaluate("name => Object.keys(window[name].at(-1))", layer)
    assert "klantkompas_phase" in names, "a data layer would keep the phase of an earlier event"


async def test_a_site_that_is_not_listed_may_call_everything_too(visit: Visits, host_site: HostSite) -> None:
    page = await visit(host_site.page(host=FOREIGN_HOST))
    calls = await page.evaluate(
        """() => {
            const names = ["open", "close", "toggle", "ask", "hide", "show", "setLanguage"];
            for (const name of names) klantkompas[name]("nl");
            return typeof klantkompas.on("opened", () => {});
        }"""
    )
    assert calls == "function"


async def test_the_npm_package_puts_the_chat_on_a_page_once(visit: Visits, host_site: HostSite) -> None:
    code = (BUILT / "npm" / "index.js").read_text(encoding="utf-8")
    calls = [f'load("{host_site.chat}", {{ label: "Vraag het ons", credit: false }})', 'load("https://elders.example")']
    script = f'<script type="module">{code}\nwindow.chats = Promise.all([{", ".join(calls)}]);</script>'
    page = await visit(host_site.page(None, head=script))
    assert await page.evaluate(
        "async () => { const [a, b] = await window.chats; return a === b && a === klantkompas; }"
    )
    await expect(Chat(page).launcher).to_have_accessible_name("Vraag het ons")


async def test_a_failed_load_of_the_package_can_be_tried_again(visit: Visits, host_site: HostSite, faults: Any) -> None:
    faults.expect("ERR_")
    code = (BUILT / "npm" / "index.js").read_text(encoding="utf-8")
    page = await visit(host_site.page(None, head=f'<script type="module">{code}\nwindow.load = load;</script>'))
    failed = "() => load('http://127.0.0.1:9').then(() => '', (error) => error.message)"
    assert "does not load" in await page.evaluate(failed)
    await page.evaluate("(advisor) => load(advisor).then(() => {})", host_site.chat)
    await expect(Chat(page).launcher).to_be_visible()
