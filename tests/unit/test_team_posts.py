"""Requests on their way to the team: posted once, and who handles them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.slack.team_posts import render_request
from bot.forms.fields import ParseContext
from bot.forms.modal import validate
from bot.forms.request import Request
from bot.services import Services
from bot.storage.requests import PostState, RequestStore, StoredRequest
from tests.slack.block_kit import problems_in_blocks

WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
NOW = datetime(2026, 11, 25, 12, 0)


@pytest.fixture
def store(tmp_path: Path) -> RequestStore:
    return RequestStore(f"sqlite:///{tmp_path}/intake.db")


def request(name: str = "Karin") -> Request:
    fields = {"name": name, "contact": "karin@zaak.nl", "moment": "dinsdag <!channel>"}
    return Request("appointment", "website-abc", "nl", "do", fields, date(2026, 11, 30), "we bewaren dit")


def test_a_request_waits_until_it_was_posted(store: RequestStore) -> None:
    number, _ = store.add(request())
    assert [r.number for r in store.to_post(WEEK, MINUTE)] == [number]
    assert store.claim(number, MINUTE) == "first"
    assert store.to_post(WEEK, MINUTE) == []
    store.posted(number, "C1 1.2")
    assert store.to_post(WEEK, timedelta(0)) == []
    assert store.claim(number, timedelta(0)) is None


def test_only_one_of_many_may_post_a_request(store: RequestStore) -> None:
    number, _ = store.add(request())
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: store.claim(number, MINUTE), range(16)))
    assert claims.count("first") == 1
    assert set(claims) == {"first", None}


def test_a_claim_that_failed_is_taken_again_with_a_warning(store: RequestStore) -> None:
    number, _ = store.add(request())
    store.claim(number, MINUTE)
    store.release(number)
    assert [r.number for r in store.to_post(WEEK, MINUTE)] == [number]
    assert store.claim(number, MINUTE) == "again"


def test_old_requests_are_no_news(store: RequestStore) -> None:
    store.add(request())
    assert store.to_post(timedelta(0), MINUTE) == []


def test_who_handles_a_request_is_kept(store: RequestStore) -> None:
    number, _ = store.add(request())
    assert store.state(number) == PostState()
    store.claim(number, MINUTE)
    assert store.set_status(number, "taken", "<@U1>")
    assert not store.set_status(number, "taken", "<@U2>"), "the first one has it"
    assert (store.state(number).status, store.state(number).person) == ("taken", "<@U1>")
    other, _ = store.add(request("Piet"))
    assert sorted(store.statuses(datetime(2020, 1, 1))) == [("appointment", "open"), ("appointment", "taken")]
    assert store.get(other).request.fields["name"] == "Piet"
    with pytest.raises(KeyError):
        store.get(99)


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (PostState(), ["Ik pak dit op", "Afgehandeld"]),
        (PostState("taken", "<@U1>", NOW), ["Afgehandeld"]),
        (PostState("done", "<@U1>", NOW), []),
    ],
)
def test_the_post_shows_facts_and_what_is_left_to_do(services: Services, state: PostState, buttons: list[str]) -> None:
    message = render_request(StoredRequest(7, NOW, request()), state, services)
    assert problems_in_blocks(message.blocks) == []
    said = str(message.blocks)
    for fact in ("karin@zaak.nl", "maandag 30 november", "de website", "nummer 7"):
        assert fact in said
    assert "<!channel>" not in said
    shown = [e["text"]["text"] for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    assert shown == buttons
    assert ("<@U1>" in said) == (state.status != "open")


def test_a_request_with_the_longest_addresses_fits_into_slack(services: Services) -> None:
    long = " en ".join(f"https://rivaal{number}.nl/?{'&' * 170}" for number in range(3))
    fields = {"competitor_url": long, "email": "karin@zaak.nl"}
    stored = Request("competitor_check", "website-abc", "nl", "do", fields, date(2026, 11, 30), "we bewaren dit")
    assert problems_in_blocks(render_request(StoredRequest(7, NOW, stored), PostState(), services).blocks) == []


def test_a_form_that_is_filled_in_at_once_is_checked_field_by_field() -> None:
    right: dict[str, str | bool] = {"competitor_url": "www.rivaal.nl", "email": "Karin@zaak.nl", "consent": True}
    assert validate("competitor_check", right, ParseContext("NL", NOW)).problems == {}
    wrong = validate("competitor_check", {"competitor_url": "?", "email": "karin@"}, ParseContext("NL", NOW))
    assert wrong.problems == {
        "competitor_url": "invalid_url",
        "email": "invalid_email",
        "consent": "consent_needed",
    }
    past = {"name": "Karin", "contact": "06 12345678", "moment": "gisteren"}
    assert validate("appointment", past, ParseContext("NL", NOW)).problems == {"moment": "past_moment"}
