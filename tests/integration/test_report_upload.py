"""A report that a visitor of the website sends: the sums begin the quickscan, and anything else gets a clear answer."""

from __future__ import annotations

import base64
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.knowledge import LANGUAGES, Knowledge
from bot.reports import MAX_BYTES
from bot.storage.messages import MessageStore
from tests.support.server import UNLIMITED, Server
from tests.support.visitor import Visitor

REPORT = b"Campagne,Sessies,Toevoegingen aan winkelwagen,Aankopen,Totale omzet\nGeheime actie,9000,700,71,3195\n"


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as a user starts it; whatever it is sent, it logs no error and nothing of a file."""
    server = Server(tmp_path_factory.mktemp("server"), **{**UNLIMITED, "messages_per_minute": "6"})
    server.start()
    yield server
    assert server.stop() == 0, server.log
    assert "Traceback" not in server.log
    assert "Geheime actie" not in server.log


@pytest_asyncio.fixture
async def visitor(server: Server) -> AsyncIterator[Visitor]:
    """A visitor with a session."""
    async with httpx.AsyncClient(timeout=30) as client:
        visitor = Visitor(client, server.address)
        await visitor.start_session()
        yield visitor


async def send(visitor: Visitor, data: bytes, name: str = "oktober.csv", **headers: str) -> httpx.Response:
    """Sends a file as the page does."""
    body = {"id": uuid.uuid4().hex, "name": name, "data": base64.b64encode(data).decode()}
    return await visitor.post("reports", body, **headers)


async def test_the_answer_says_what_was_read_and_the_quickscan_goes_on(visitor: Visitor, server: Server) -> None:
    await visitor.send("ik heb een webshop")
    assert (await send(visitor, REPORT)).status_code == 202
    *_, told = await visitor.answers(2)
    assert "Gelezen regels: 1" in told
    assert "9.000 bezoekers" in told
    assert "€ 3.195" in told
    assert "deel van je klanten" in told  # the first figure that the report does not have
    await visitor.send("genoeg")
    *_, outcome = await visitor.answers(3)
    assert "van winkelwagens naar bestellingen" in outcome
    stored = [m for m in MessageStore(server.messages_db).after(visitor.conversation, 0) if m.text]
    assert stored[1].text == "oktober.csv"
    assert "Geheime actie" not in repr(stored)


async def test_without_a_known_business_it_asks_for_that_first_and_keeps_the_sums(visitor: Visitor) -> None:
    await send(visitor, REPORT)
    (told,) = await visitor.answers(1)
    assert "9.000 bezoekers" in told
    assert "Wat voor zaak" in told
    await visitor.send("webshop")
    await visitor.send("doe de quickscan")
    *_, asked = await visitor.answers(3)
    assert "deel van je klanten" in asked


async def test_a_figure_that_cannot_be_is_asked_again_and_never_used(visitor: Visitor) -> None:
    await visitor.send("ik heb een webshop")
    await send(visitor, b"Sessions,Add to carts,Purchases\n100,40,5000000000\n")
    *_, told = await visitor.answers(2)
    assert "heel groot" in told
    assert "Hoeveel bestellingen" in told
    await visitor.send("genoeg")
    *_, outcome = await visitor.answers(3)
    assert "5.000.000.000" not in outcome


@pytest.mark.parametrize(
    ("data", "status", "problem"),
    [
        (b"x" * (MAX_BYTES + 1), 413, "report_too_large"),
        (b"PK\x03\x04\0\0\0\0binary", 422, "report_no_text"),
        (bytes(range(1, 256)) * 40, 422, "report_encoding"),
        (b"naam,plaats\nJan,Ede\n", 422, "report_unknown"),
        (b"x" * 200_000, 422, "report_unknown"),
        (b"", 422, "report_unknown"),
        (b"Sessions,Purchases\n", 422, "report_empty"),
    ],
    ids=["too large", "a spreadsheet", "no encoding", "names", "no rows at all", "empty", "headings only"],
)
async def test_a_file_that_is_no_report_is_refused_with_a_reason_and_not_stored(
    visitor: Visitor, knowledge: Knowledge, server: Server, data: bytes, status: int, problem: str
) -> None:
    response = await send(visitor, data)
    assert (response.status_code, response.json()["problem"]) == (status, problem)
    assert all(knowledge.widget[f"problem_{problem}"].localized(language) for language in LANGUAGES)
    assert len(MessageStore(server.messages_db).after(visitor.conversation, 0)) == 1  # the greeting


async def test_a_much_too_large_body_is_refused_before_it_is_read(visitor: Visitor) -> None:
    try:
        response = await send(visitor, b"x" * MAX_BYTES * 3)
    except httpx.TransportError:
        return  # closed while the client was still sending
    assert response.status_code == 413


@pytest.mark.parametrize("body", [{}, {"id": "1", "name": "a.csv", "data": "no base64!"}, {"id": "1", "data": ""}, []])
async def test_a_malformed_request_is_refused(visitor: Visitor, body: object) -> None:
    assert (await visitor.post("reports", body)).status_code == 400


async def test_a_report_that_is_sent_twice_counts_once(visitor: Visitor) -> None:
    body = {"id": "1", "name": "oktober.csv", "data": base64.b64encode(REPORT).decode()}
    first, again = [(await visitor.post("reports", body)).json() for _ in range(2)]
    assert first == again
    await visitor.answers(1)


async def test_a_forged_session_and_a_foreign_site_are_refused(visitor: Visitor) -> None:
    assert (await send(visitor, REPORT, Origin="https://evil.test")).status_code == 403
    visitor.token = visitor.token[:-1] + ("A" if visitor.token[-1] != "A" else "B")
    assert (await send(visitor, REPORT)).status_code == 401
    visitor.token = ""
    assert (await send(visitor, REPORT)).status_code == 401


async def test_reports_count_as_messages_for_the_rate_limit(visitor: Visitor) -> None:
    statuses = [(await send(visitor, b"naam\nJan\n")).status_code for _ in range(7)]
    assert statuses == [422] * 6 + [429]


async def test_a_typed_payload_tells_no_figures(visitor: Visitor) -> None:
    await visitor.send('/start_quickscan{"number": [{"role": "visitors", "value": 9000, "unit": "count"}]}')
    (told,) = await visitor.answers(1)
    assert "9.000" not in told
