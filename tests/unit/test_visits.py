"""Where on a website a visitor writes: read with care, kept with his request, and forgotten with it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.slack.team_posts import render_request
from bot.chat.website.visits import MAX_ADDRESS, MAX_TITLE, read_visit
from bot.forms.request import Request
from bot.services import Services
from bot.storage.database import utc_now
from bot.storage.requests import PostState, RequestStore
from bot.storage.visits import Visit
from tests.slack.block_kit import problems_in_blocks

PRICES = Visit("https://zaak.nl/prijzen", "Prijzen", "zoek.nl", {"utm_source": "krant"})


@pytest.fixture
def store(tmp_path: Path) -> RequestStore:
    return RequestStore(f"sqlite:///{tmp_path}/intake.db")


def request(name: str = "Karin", conversation: str = "website-a") -> Request:
    return Request("appointment", conversation, "nl", "do", {"name": name}, date(2026, 11, 30), "we bewaren dit")


def test_of_an_address_only_the_page_and_the_campaign_are_kept() -> None:
    page = {
        "address": "https://jan:geheim@zaak.nl:8443/a/b?utm_source=krant&utm_medium=&mail=jan@zaak.nl&utm_id=7#deel",
        "title": "  Een\ttitel \u202e ",
        "referrer": "zoek.nl",
    }
    assert read_visit(page) == Visit("https://zaak.nl:8443/a/b", "Een titel", "zoek.nl", {"utm_source": "krant"})


@pytest.mark.parametrize(
    "page",
    [
        None,
        "https://zaak.nl",
        [],
        {},
        {"address": 5},
        {"address": "javascript:alert(1)"},
        {"address": "https://"},
        {"address": "https://zaak.nl:99999999/"},
        {"address": "https://[zaak/"},
        {"address": "file:///etc/passwd"},
        {"address": "https://zaak.nl/?" + "&".join(f"a{n}=1" for n in range(60))},
    ],
)
def test_what_is_no_page_is_left_out(page: Any) -> None:
    assert read_visit(page) is None


def test_lengths_are_limited_and_odd_types_ignored() -> None:
    visit = read_visit({"address": f"https://zaak.nl/{'a' * 2000}", "title": "t\ud800" * 5000, "referrer": {"a": 1}})
    assert visit
    assert len(visit.address) == MAX_ADDRESS
    assert len(visit.title) == MAX_TITLE
    assert visit.referrer == ""


def test_a_request_keeps_where_it_was_made(store: RequestStore) -> None:
    store.note_visit("website-a", PRICES)
    first, _ = store.add(request())
    store.note_visit("website-a", Visit("https://zaak.nl/contact", "Contact"))
    second, _ = store.add(request("Piet"))
    store.add(request(conversation="website-b"))
    assert store.get(first).visit == PRICES
    assert store.get(second).visit == Visit("https://zaak.nl/contact", "Contact", "zoek.nl", {"utm_source": "krant"})
    assert [stored.visit is None for stored in store.all()] == [False, False, True]
    assert store.to_post(timedelta(days=1), timedelta(0))[0].visit == PRICES


def test_visits_are_deleted_with_the_requests_the_conversation_and_by_age(store: RequestStore) -> None:
    def kept() -> int:
        with store.database.transaction() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM visits").scalar_one())

    store.note_visit("website-a", PRICES)
    number, _ = store.add(request())
    assert kept() == 2
    store.delete([number])
    assert kept() == 1
    store.delete_visits(["website-a"])
    assert kept() == 0
    store.note_visit("website-a", PRICES)
    store.add(request())
    store.delete_of("website-a")
    assert kept() == 0
    store.note_visit("website-a", PRICES)
    store.delete_before(utc_now() - timedelta(days=1))
    assert kept() == 1
    store.delete_before(utc_now() + timedelta(seconds=1))
    assert kept() == 0


def test_the_team_reads_it_as_text_without_links_and_mentions(store: RequestStore, services: Services) -> None:
    store.note_visit("website-a", Visit("https://zaak.nl/p", "<!channel> *vet*", "zoek.nl", {"utm_campaign": "<@U1>"}))
    number, _ = store.add(request())
    blocks = render_request(store.get(number), PostState(), services).blocks
    assert not problems_in_blocks(blocks)
    (text,) = [
        element
        for block in blocks
        if block["type"] == "context"
        for element in block["elements"]
        if "zaak" in str(element)
    ]
    assert text["type"] == "plain_text"
    assert (
        text["text"]
        == "Gedaan op <!channel> *vet* (https://zaak.nl/p) · gekomen via zoek.nl · campagne: campaign <@U1>"
    )
