"""A plan is sent by e-mail from its page, to the address that was filled in, which is kept nowhere."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
import vobject

from bot import mail
from bot.advice import plan as planning
from bot.advice.case import Case, Problem
from bot.advice.situation import Situation
from bot.errors import MailError
from bot.knowledge import Knowledge, Language
from bot.storage.plans import PlanStore
from bot.web.plans import MAILS_PER_ADDRESS_PER_HOUR, MAILS_PER_PLAN_PER_DAY
from tests.support.server import UNLIMITED, Server
from tests.support.smtp import MailServer

PUBLIC = "https://chat.jouwbureau.example"
SENDER = "Jouw Bureau <info@jouwbureau.nl>"
ADDRESS = "jan.deboer@zaak.nl"
AGREED = {"address": ADDRESS, "agreed": "yes"}

FORM = 'action="/plan/{token}/mail#mail"'
SENT = "Verstuurd naar"
FAILED = "Versturen lukte niet"
TOO_OFTEN = "Er is nu genoeg gemaild"

clients = (f"198.51.100.{number}" for number in itertools.count(1))
"""A visitor's address for each test, since mails are counted by it."""


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def server(mails: MailServer, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may send mail."""
    settings = {"smtp_url": mails.url, "smtp_sender": SENDER, "public_url": PUBLIC, "proxies": "1", **UNLIMITED}
    server = Server(tmp_path_factory.mktemp("mails"), **settings)
    server.start()
    yield server
    assert server.stop() == 0, server.log


class Page:
    """The page of a new plan, for a visitor with an address of his own."""

    def __init__(self, server: Server, knowledge: Knowledge, language: Language = "nl") -> None:
        case = Case().with_problem(Problem("do", "carts_not_paid"))
        today = date(2026, 11, 27)
        made = planning.make(Situation(knowledge, language, business_type="webshop", case=case, today=today))
        assert made is not None
        self.plan = made
        self.token = PlanStore(server.intake_db, max_age=timedelta(days=90)).add("website-a", made)
        self.address = f"{server.address}/plan/{self.token}"
        self.client = next(clients)

    def get(self) -> str:
        return httpx.get(self.address).text

    def send(self, fields: dict[str, str], **headers: str) -> httpx.Response:
        headers = {"X-Forwarded-For": self.client, **headers}
        return httpx.post(f"{self.address}/mail", data=fields, headers=headers, timeout=30)


@pytest.fixture
def page(server: Server, mails: MailServer, knowledge: Knowledge) -> Page:
    mails.mails.clear()
    return Page(server, knowledge)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def test_the_plan_arrives_as_text_with_its_page_and_calendar(page: Page, mails: MailServer) -> None:
    assert FORM.format(token=page.token) in page.get()
    answer = page.send(AGREED)
    assert answer.status_code == 200
    assert f"{SENT} {ADDRESS}" in answer.text
    assert "no-store" in answer.headers["cache-control"]
    (sent,) = mails.mails
    assert (sent.sender, sent.recipients) == ("info@jouwbureau.nl", [ADDRESS])
    message = sent.message
    assert (message["From"], message["To"]) == (SENDER, ADDRESS)
    assert message["Subject"] == "Je plan voor vier weken"
    assert message["Date"]
    assert message["Message-ID"].endswith("@jouwbureau.nl>")
    assert f"{PUBLIC}/plan/{page.token}" in text_of(message)
    assert all(step.name in text_of(message) for step in page.plan.steps)
    (calendar,) = message.iter_attachments()
    assert (calendar.get_content_type(), calendar.get_filename()) == ("text/calendar", "plan.ics")
    assert len(list(vobject.readOne(calendar.get_content()).vevent_list)) == len(page.plan.steps)


def test_an_english_plan_is_sent_in_english(server: Server, mails: MailServer, knowledge: Knowledge) -> None:
    mails.mails.clear()
    assert f"Sent to {ADDRESS}" in Page(server, knowledge, "en").send(AGREED).text
    (sent,) = mails.mails
    assert sent.message["Subject"] == "Your plan for four weeks"
    assert "Here is your plan from Klantkompas" in text_of(sent.message)


def test_without_consent_nothing_is_sent_and_the_address_stays(page: Page, mails: MailServer) -> None:
    answer = page.send({"address": ADDRESS})
    assert answer.status_code == 400
    assert "Vink eerst aan" in answer.text
    assert f'value="{ADDRESS}"' in answer.text
    assert mails.mails == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "jan@zaak",
        "jan@zaak.nl, piet@zaak.nl",
        "Jan <jan@zaak.nl>",
        "jan@zaak.nl\r\nBcc: piet@zaak.nl",
        "jan@zaak.nl\nSubject: koop nu",
        "jan@zaak.nl\0",
        '"><script>alert(1)</script>@zaak.nl',
    ],
)
def test_what_is_no_address_is_refused_at_the_field(page: Page, mails: MailServer, address: str) -> None:
    answer = page.send({"address": address, "agreed": "yes"})
    assert answer.status_code == 400
    assert 'aria-describedby="address-wrong"' in answer.text
    assert "<script>" not in answer.text
    assert mails.mails == []
    assert 'value="yes" required checked' in answer.text


def test_what_was_filled_in_stays_beside_the_error(page: Page) -> None:
    assert 'value="jan@zaak"' in page.send({"address": "jan@zaak", "agreed": "yes"}).text


def test_a_form_on_another_site_is_refused(page: Page, mails: MailServer) -> None:
    assert page.send(AGREED, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert mails.mails == []
    assert page.send(AGREED, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_an_address_that_the_mail_server_refuses_may_be_corrected(server: Server, page: Page) -> None:
    answer = page.send({"address": "refused@zaak.nl", "agreed": "yes"})
    assert answer.status_code == 503
    assert FAILED in answer.text
    assert 'value="refused@zaak.nl"' in answer.text
    assert "mail not sent: recipient refused: 550" in server.log
    assert SENT in page.send(AGREED).text


def test_an_address_that_the_mail_server_cannot_write_is_no_error_of_the_page(page: Page) -> None:
    assert FAILED in page.send({"address": "jürgen@zaak.nl", "agreed": "yes"}).text


def test_while_the_mail_server_is_down_the_plan_stays_and_sending_may_be_tried_again(
    server: Server, page: Page, mails: MailServer
) -> None:
    mails.__exit__()
    try:
        answer = page.send(AGREED)
    finally:
        mails.__enter__()
    assert answer.status_code == 503
    assert FAILED in answer.text
    assert page.plan.steps[0].name in answer.text
    assert "mail not sent: ConnectionRefusedError" in server.log
    assert SENT in page.send(AGREED).text
    assert len(mails.mails) == 1


def test_a_plan_is_mailed_a_few_times_a_day_at_most(page: Page, mails: MailServer) -> None:
    for _ in range(MAILS_PER_PLAN_PER_DAY):
        assert page.send(AGREED).status_code == 200
    page.client = next(clients)
    answer = page.send(AGREED)
    assert answer.status_code == 429
    assert TOO_OFTEN in answer.text
    assert len(mails.mails) == MAILS_PER_PLAN_PER_DAY


def test_a_visitor_mails_a_few_times_an_hour_at_most(server: Server, mails: MailServer, knowledge: Knowledge) -> None:
    mails.mails.clear()
    client = next(clients)
    statuses = []
    for _ in range(MAILS_PER_ADDRESS_PER_HOUR + 1):
        page = Page(server, knowledge)
        page.client = client
        statuses.append(page.send(AGREED).status_code)
    assert statuses == [200] * MAILS_PER_ADDRESS_PER_HOUR + [429]
    assert len(mails.mails) == MAILS_PER_ADDRESS_PER_HOUR


def test_an_address_is_kept_nowhere(server: Server, page: Page, mails: MailServer) -> None:
    for fields in (AGREED, {"address": ADDRESS}, {"address": "refused@zaak.nl", "agreed": "yes"}):
        page.send(fields)
    mails.__exit__()
    page.send(AGREED)
    mails.__enter__()
    assert "zaak.nl" not in server.log
    for name in ("intake_db", "messages_db", "conversations_db"):
        with sqlite3.connect(server.settings[name].removeprefix("sqlite:///")) as database:
            assert "zaak.nl" not in "\n".join(database.iterdump())


def test_the_address_of_an_outcome_shows_the_plan_again(page: Page) -> None:
    assert FORM.format(token=page.token) in httpx.get(f"{page.address}/mail").text


def test_a_forged_token_sends_nothing(server: Server, mails: MailServer) -> None:
    mails.mails.clear()
    assert httpx.post(f"{server.address}/plan/{'x' * 32}/mail", data=AGREED).status_code == 404
    assert mails.mails == []


async def test_a_mail_server_elsewhere_must_encrypt(mails: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", frozenset())
    mails.mails.clear()
    message = EmailMessage()
    message["From"], message["To"] = SENDER, ADDRESS
    with pytest.raises(MailError, match="STARTTLS"):
        await mail.Mailer(mails.url).send(message)
    assert mails.mails == []


async def test_a_mail_server_that_does_not_answer_is_given_up(
    mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "MAIL_TIMEOUT", 0)
    with pytest.raises(MailError, match="Timeout"):
        await mail.Mailer(mails.url).send(EmailMessage())
