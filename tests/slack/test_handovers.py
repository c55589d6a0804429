"""A person of the team takes over: both sides of the conversation, and what may go wrong between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import engine, utc_now
from bot.storage.handovers import handovers
from tests.slack.fake_slack import FakeSlack
from tests.slack.handed_over import GIVE_BACK, LATER, PROBLEM, TAKE, HandedOver, asking
from tests.slack.team import REQUESTS, Team, text_of
from tests.support.server import UNLIMITED, Server
from tests.support.waiting import wait_until

JOINED = "Je praat nu met Anna van het Klantkompas-team. Ik houd me even stil."


@pytest.fixture(scope="module")
async def open_agency(model: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    """An advisor whose team is always there."""
    async with FakeSlack(scopes=Team.scopes()) as fake:
        server = Server(tmp_path_factory.mktemp("handovers"), **Team.settings(fake), **UNLIMITED, handover="always")
        await asyncio.to_thread(server.start)
        await fake.socket_connected(10)
        yield Team(fake, server)
        assert await asyncio.to_thread(server.stop) == 0, server.log


@pytest.fixture
async def office(open_agency: Team) -> AsyncIterator[Team]:
    """The same without faults."""
    open_agency.slack.heal()
    open_agency.slack.calls.clear()
    yield open_agency
    open_agency.slack.heal()
    assert "Traceback" not in open_agency.new_log(), open_agency.log


@pytest.fixture
async def handed(office: Team) -> AsyncIterator[HandedOver]:
    """A visitor who asked for a person."""
    async with asking(office) as handed:
        yield handed


def age(handed: HandedOver, minutes: float) -> None:
    """Lets time pass for the present hand-over."""
    before = utc_now() - timedelta(minutes=minutes)
    this = handovers.c.number == handed.handover.number
    with engine(handed.team.server.messages_db).begin() as connection:
        connection.execute(sa.update(handovers).where(this).values(asked_at=before, active_at=before))


async def test_the_team_sees_who_asks_and_the_case(handed: HandedOver) -> None:
    said = text_of(handed.post())
    for part in ("Een bezoeker wil iemand spreken", "Fase", "Care", "Wat er speelt", f"Bezoeker: {PROBLEM}"):
        assert part in said
    assert "Wacht op iemand" in said
    texts = [message["text"] for message in await handed.page()]
    assert "Binnen 3 minuten hoor je of het lukt." in texts[-1]


async def test_a_conversation_goes_to_a_person_and_back(handed: HandedOver) -> None:
    anna = await handed.take()
    await handed.write("Hoi, waar loop je *precies* vast? Zie <https://zaak.nl/a|dit> :wave:", anna)
    shown = await handed.seen(JOINED, "Hoi, waar loop je **precies** vast? Zie [dit](https://zaak.nl/a) 👋")
    assert [(message["person"], message["from_team"]) for message in shown[-2:]] == [("Anna", False), ("Anna", True)]
    await handed.visitor.send("wat is seo?")
    await handed.visitor.send("en wat kost dat?")
    await handed.has_relayed("wat is seo?", "en wat kost dat?")
    await handed.press(GIVE_BACK, anna)
    await handed.shown("ended")
    assert "Teruggegeven" in text_of(handed.post())
    await handed.visitor.send("wat is ctr?")
    answers = [m for m in await handed.visitor.receive(6) if m["author"] == "advisor"]
    assert "geeft het gesprek weer aan mij" in answers[-2]["text"]
    assert "CTR" in answers[-1]["text"]
    assert "wat is ctr?" not in handed.relayed()


async def test_another_of_the_team_may_write_too_and_is_named(handed: HandedOver) -> None:
    await handed.take()
    bram, _ = handed.team.newcomer()
    handed.team.slack.workspace.names[bram] = "Bram"
    await handed.write("Ik kijk even mee.", bram)
    shown = await handed.seen("Ik kijk even mee.")
    assert shown[-1]["person"] == "Bram"


async def test_of_two_who_take_over_at_once_one_has_it_and_the_other_is_told(handed: HandedOver) -> None:
    anna, bram = (handed.team.newcomer()[0] for _ in range(2))
    handed.team.slack.workspace.names.update({anna: "Anna", bram: "Anna"})
    await asyncio.gather(handed.press(TAKE, anna), handed.press(TAKE, bram))
    await handed.shown("live")
    loser = bram if handed.handover.taken_by == anna else anna
    (told,) = await handed.team.ephemerals(loser)
    assert f"<@{handed.handover.taken_by}> heeft dit gesprek al." in told["text"]
    await handed.seen(JOINED)
    assert [m["text"] for m in await handed.page()].count(JOINED) == 1


async def test_what_slack_repeats_is_shown_once(handed: HandedOver) -> None:
    anna = await handed.take()
    event = await handed.write("Eén keer.", anna)
    for retry in (1, 2):
        await handed.team.send(event, retry_num=retry)
    await handed.team.slack.acked(await handed.team.slack.send(event, retry_attempt=1, retry_reason="http_error"))
    await handed.write("Klaar.", anna)
    await handed.seen(JOINED, "Eén keer.", "Klaar.")


async def test_an_edit_and_a_removal_reach_pages_that_are_open_and_those_that_open_later(handed: HandedOver) -> None:
    anna = await handed.take()
    first, second = await handed.write("Morgen om 9 uur?", anna), await handed.write("Foutje", anna)
    shown = await handed.seen("Morgen om 9 uur?", "Foutje")
    await handed.edit(first, "Morgen om 10 uur?")
    await handed.delete(second)
    await handed.team.send(second, retry_num=1)  # Slack repeats the event of the deleted message
    await handed.seen(JOINED, "Morgen om 10 uur?")
    revisions = []
    async for event, data in handed.visitor.stream(after=shown[-1]["position"]):
        if event == "current":
            break
        revisions.append((data["revises"], data["text"]))
    assert revisions == [(shown[-2]["position"], "Morgen om 10 uur?"), (shown[-1]["position"], "")]
    database = Path(handed.team.server.messages_db.removeprefix("sqlite:///"))
    with engine(f"sqlite:///{database}").begin() as connection:
        assert "9 uur" not in str(connection.execute(sa.text("SELECT answer FROM messages")).all())


async def test_what_a_visitor_types_mentions_nobody(handed: HandedOver) -> None:
    await handed.take()
    typed = "<!channel> <@U1> @here *vet* <https://kwaad.nl|klik> & klaar"
    await handed.visitor.send(typed)
    await handed.has_relayed(typed)
    (reply,) = [reply for reply in handed.replies() if "kwaad" in str(reply["blocks"])]
    assert [block["text"]["type"] for block in reply["blocks"]] == ["plain_text"]
    assert "<" not in reply["text"]


async def test_a_message_that_mentions_the_app_is_not_shown_to_the_visitor(handed: HandedOver) -> None:
    anna = await handed.take()
    await handed.write("<@UBOT> wat raad jij aan?", anna)
    await handed.write("Ik denk even na.", anna)
    await handed.seen(JOINED, "Ik denk even na.")


async def test_files_arrive_as_links_and_who_sent_them_hears_what_the_visitor_can_open(handed: HandedOver) -> None:
    anna = await handed.take()
    shared = [{"name": "offerte (1).pdf", "permalink": "https://t1.slack.com/files/F1/offerte_(1).pdf"}]
    await handed.write("Kijk", anna, subtype="file_share", files=shared)
    link = "[offerte (1).pdf](https://t1.slack.com/files/F1/offerte_%281%29.pdf)"
    await handed.seen(JOINED, f"Kijk\n\n{link}")
    (told,) = await handed.team.ephemerals(anna)
    assert "alleen openen als je het in Slack openbaar deelt" in told["text"]


async def test_before_anybody_takes_over_the_thread_is_the_team_s_own(handed: HandedOver) -> None:
    user, _ = handed.team.newcomer()
    await handed.write("wie doet deze?", user)
    (told,) = await handed.team.ephemerals(user)
    assert "De bezoeker ziet dit niet" in told["text"]
    await handed.take()
    await handed.seen(JOINED)


async def test_nobody_is_told_to_the_visitor_who_may_ask_for_an_appointment(handed: HandedOver) -> None:
    age(handed, 4)
    await handed.shown("late")
    last = (await handed.page())[-1]
    assert "Het lukt nu niemand" in last["text"]
    assert last["replies"] == ["Afspraak maken"]
    await handed.take()
    await handed.seen(JOINED)


async def test_later_tells_the_visitor_at_once(handed: HandedOver) -> None:
    await handed.press(LATER, handed.team.newcomer()[0])
    await handed.shown("late")
    assert "Het lukt nu niemand" in (await handed.page())[-1]["text"]
    assert "Later" not in text_of(handed.post())


async def test_an_idle_conversation_goes_back_to_the_advisor(handed: HandedOver) -> None:
    await handed.take()
    age(handed, 61)
    await handed.shown("ended")
    assert "Anna is niet meer in dit gesprek." in (await handed.page())[-1]["text"]
    assert "Het bleef stil" in text_of(handed.post())


async def test_asked_again_it_is_posted_once(handed: HandedOver) -> None:
    await handed.visitor.send("kan ik een mens spreken?")
    answers = await handed.visitor.receive(3)
    assert "Ik heb het team al gevraagd" in answers[-1]["text"]
    await wait_until(lambda: "Kompas: Ik heb het team al gevraagd" in handed.relayed(), 20, handed.relayed)
    assert len(handed.store.of(handed.visitor.conversation)) == 1


async def test_while_slack_is_down_nothing_is_lost_or_said_twice(handed: HandedOver) -> None:
    anna = await handed.take()
    slack = handed.team.slack
    await slack.go_down()
    for number in range(3):
        await handed.visitor.send(f"bericht {number}")
    await slack.come_back()
    await handed.has_relayed("bericht 0", "bericht 1", "bericht 2")
    await slack.socket_connected(30)
    await handed.write("Ik ben er weer.", anna)
    assert (await handed.seen("Ik ben er weer."))[-1]["person"] == "Anna"
    assert handed.relayed().count("bericht 1") == 1
    handed.team.new_log()  # the lost connections


async def test_a_post_whose_confirmation_was_lost_is_not_repeated(handed: HandedOver) -> None:
    await handed.take()
    handed.team.slack.break_connection("chat.postMessage", after_work=True)
    await handed.visitor.send("komt dit één keer aan?")
    await handed.has_relayed("komt dit één keer aan?")
    await handed.visitor.send("en dit?")
    await handed.has_relayed("komt dit één keer aan?", "en dit?")


async def test_a_server_that_restarts_catches_up_on_both_sides(handed: HandedOver) -> None:
    anna, server, slack = await handed.take(), handed.team.server, handed.team.slack
    await handed.visitor.send("voor de herstart")
    await handed.has_relayed("voor de herstart")
    await asyncio.to_thread(server.stop)
    slack.message_event("Terwijl jullie weg waren.", channel=REQUESTS, user=anna, thread_ts=handed.thread)
    await asyncio.to_thread(server.start)
    await slack.socket_connected(10)
    await handed.seen("Terwijl jullie weg waren.")
    await handed.visitor.send("na de herstart")
    await handed.has_relayed("voor de herstart", "na de herstart")


async def test_two_tabs_show_the_same(handed: HandedOver) -> None:
    anna = await handed.take()
    first, second = (handed.visitor.stream() for _ in range(2))
    await handed.write("In beide tabbladen.", anna)
    for tab in (first, second):
        async for event, data in tab:
            if event == "message" and data["text"] == "In beide tabbladen.":
                break
        await tab.aclose()


async def test_an_erased_conversation_can_not_be_taken_over(handed: HandedOver) -> None:
    number, post = handed.handover.number, handed.post()
    await handed.visitor.send("wis alles")
    await handed.visitor.receive(3)
    await handed.visitor.send("ja")
    await wait_until(lambda: not handed.store.of(handed.visitor.conversation), 20)
    user, _ = handed.team.newcomer()
    await handed.team.send(handed.team.slack.block_action(post, "take_handover", str(number), user=user))
    find = handed.team.slack.workspace.find_post

    def is_emptied() -> bool:
        found = find(post["ts"])
        return found is not None and "Dit gesprek is gewist." in text_of(found.message)

    await wait_until(is_emptied, 20, handed.team.slack.all_calls)


async def test_a_message_of_the_team_is_in_the_widget_at_once(handed: HandedOver) -> None:
    anna = await handed.take()
    delays = []
    stream = handed.visitor.stream()
    async for event, _ in stream:
        if event == "current":
            break
    for number in range(50):
        start = time.perf_counter()
        await handed.write(f"bericht {number}", anna)
        async for event, data in stream:
            if event == "message" and data["text"] == f"bericht {number}":
                break
        delays.append(time.perf_counter() - start)
    await stream.aclose()
    p95 = sorted(delays)[47]
    print(f"delay of a team message: p50 {sorted(delays)[24] * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms")
    assert p95 < 1, delays
