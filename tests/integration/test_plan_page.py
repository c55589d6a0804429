"""The page of a plan over HTTP: read, tick off, take along; and its store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
import vobject

from bot.advice import plan as planning
from bot.advice.case import Case, Problem
from bot.advice.situation import Situation
from bot.forms.working_days import is_working_day
from bot.knowledge import Knowledge
from bot.storage.database import utc_now
from bot.storage.plans import PlanStore
from tests.support.server import UNLIMITED, Server
from tests.support.stores import Stores

PUBLIC = "https://chat.jouwbureau.example"


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has a public address."""
    server = Server(tmp_path_factory.mktemp("plans"), public_url=PUBLIC, **UNLIMITED)
    server.start()
    yield server
    assert server.stop() == 0, server.log


def say(server: Server, sender: str, *messages: str) -> str:
    """The last answer to these messages."""
    text = ""
    for message in messages:
        body = {"sender": sender, "message": message}
        answers = httpx.post(f"{server.address}/webhooks/rest/webhook", json=body, timeout=30).json()
        text = "\n".join(str(answer["text"]) for answer in answers)
    return text


@pytest.fixture(scope="module")
def address(server: Server) -> str:
    """The address of a plan that an owner asked for in the chat."""
    told = say(server, "planner", "offertes worden niet getekend", "2 uur per week", "maak er een plan van")
    return local(server, told)


def local(server: Server, told: str) -> str:
    """The address of the plan in an answer, at the server itself."""
    match = re.search(rf"\({PUBLIC}(/plan/[\w-]{{32}})\)", told)
    assert match, told
    return f"{server.address}{match[1]}"


def test_the_page_has_the_steps_with_actions_and_is_private(address: str) -> None:
    page = httpx.get(address)
    assert page.status_code == 200
    assert "Neem na twee en na zeven dagen" in page.text
    assert page.text.count("<article") in range(1, 6)
    assert "no-store" in page.headers["cache-control"]
    assert "noindex" in page.headers["x-robots-tag"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)


def test_the_style_sheet_is_asked_for_again_by_its_tag(server: Server) -> None:
    sheet = httpx.get(f"{server.address}/plan/style.css")
    assert sheet.headers["content-type"].startswith("text/css")
    again = httpx.get(f"{server.address}/plan/style.css", headers={"If-None-Match": sheet.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_step_is_ticked_off_and_stays_so_until_it_is_undone(address: str) -> None:
    (step, *_) = re.findall(r'name="step" value="(\w+)"', httpx.get(address).text)
    ticked = httpx.post(address, data={"step": step, "done": "yes"})
    assert ticked.status_code == 303
    assert f'<article id="{step}" class="done">' in httpx.get(address).text
    httpx.post(address, data={"step": step, "done": "no"})
    assert 'class="done"' not in httpx.get(address).text


def test_the_calendar_is_read_by_another_library(address: str) -> None:
    response = httpx.get(f"{address}/plan.ics")
    assert response.headers["content-type"].startswith("text/calendar")
    calendar = vobject.readOne(response.text)
    events = list(calendar.vevent_list)
    assert 1 <= len(events) <= 5
    assert all(is_working_day(event.dtstart.value.date()) for event in events)
    assert all(event.valarm.trigger.value == timedelta(minutes=-15) for event in events)
    assert len({event.uid.value for event in events}) == len(events)


def test_the_text_has_check_boxes(address: str) -> None:
    text = httpx.get(f"{address}/plan.md").text
    assert text.startswith("# Je plan voor vier weken")
    assert text.count("- [ ] **") in range(1, 6)


@pytest.mark.parametrize("forged", ["x" * 32, "..%2f..%2fetc%2fpasswd", "'; DROP TABLE plans; --"])
def test_a_forged_token_finds_nothing(server: Server, forged: str) -> None:
    for path in (f"/plan/{forged}", f"/plan/{forged}/plan.ics", f"/plan/{forged}/plan.md"):
        assert httpx.get(f"{server.address}{path}").status_code == 404
    assert httpx.post(f"{server.address}/plan/{forged}", data={"step": "a", "done": "yes"}).status_code == 404


def test_an_unknown_step_is_not_ticked(address: str) -> None:
    assert httpx.post(address, data={"step": "<script>", "done": "yes"}).status_code == 404
    assert httpx.post(address, content=b"").status_code == 404


def test_whoever_has_all_deleted_has_no_plan_either(server: Server) -> None:
    told = say(server, "eraser", "offertes worden niet getekend", "maak er een plan van")
    address = local(server, told)
    assert httpx.get(address).status_code == 200
    assert "Het is gewist" in say(server, "eraser", "wis alles wat ik verteld heb", "ja")
    assert httpx.get(address).status_code == 404
    assert "offertes" not in say(server, "eraser", "hoe doe ik dat?").lower()


def test_without_a_mail_server_there_is_no_form_for_mail(address: str) -> None:
    assert "/mail" not in httpx.get(address).text
    assert httpx.post(f"{address}/mail", data={"address": "jan@zaak.nl", "agreed": "yes"}).status_code == 404


def test_a_step_is_not_ticked_from_another_site(address: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert httpx.post(address, data={"step": "a", "done": "yes"}, headers=headers).status_code == 403


@pytest.fixture
def made(knowledge: Knowledge) -> planning.Plan:
    """A plan about carts."""
    case = Case().with_problem(Problem("do", "carts_not_paid"))
    plan = planning.make(Situation(knowledge, "nl", business_type="webshop", case=case, today=date(2026, 11, 27)))
    assert plan is not None
    return plan


def test_the_store_keeps_plans_without_their_tokens(stores: Stores, made: planning.Plan) -> None:
    token = stores.plans.add("website-a", made)
    found = stores.plans.get(token)
    assert found is not None
    assert found.plan == made
    stores.plans.set_done(token, made.steps[0].id, done=True)
    stores.plans.set_done(token, made.steps[0].id, done=True)
    ticked = stores.plans.get(token)
    assert ticked is not None
    assert ticked.done == (made.steps[0].id,)
    with stores.plans.database.transaction() as connection:
        assert token not in str(connection.exec_driver_sql("SELECT * FROM plans").all())


def test_steps_ticked_at_the_same_moment_are_all_kept(stores: Stores, made: planning.Plan) -> None:
    token = stores.plans.add("website-a", made)
    steps = [f"step {number}" for number in range(20)]
    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(lambda step: stores.plans.set_done(token, step, done=True), steps))
    found = stores.plans.get(token)
    assert found is not None
    assert set(found.done) == set(steps)


def test_a_reminder_goes_with_its_plan(stores: Stores, made: planning.Plan) -> None:
    token = stores.plans.add("slack-a", made)
    at = utc_now() + timedelta(days=14)
    stores.plans.set_reminder(token, at - timedelta(days=20))
    (found,) = stores.plans.of("slack-a")
    assert found.pending_reminder is None
    stores.plans.set_reminder(token, at)
    (found,) = stores.plans.of("slack-a")
    assert found.pending_reminder == at
    assert stores.plans.delete(["slack-a"]) == 1
    with stores.plans.database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT * FROM plan_reminders").all() == []


def test_an_expired_plan_is_not_shown(files: Stores, made: planning.Plan) -> None:
    store = PlanStore(files.urls[0], max_age=timedelta(0))
    assert store.get(store.add("website-a", made)) is None


def test_plans_go_with_their_conversation_and_with_age(stores: Stores, made: planning.Plan) -> None:
    stores.say("website-a", "hoi")
    stores.plans.add("website-a", made)
    token = stores.plans.add("website-b", made)
    assert len(stores.plans.of("website-a")) == 1
    assert stores.plans.delete(["website-a"]) == 1
    assert stores.plans.get(token) is not None
    assert stores.records.purge(utc_now() + timedelta(minutes=1)).plans == 1
    assert stores.plans.get(token) is None
