"""Personal data: kept for a while, found, handed over, deleted for good, and kept out of where nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from typer.testing import CliRunner

from bot.advice.answer import Answer, Section, UserText
from bot.chat.website.sessions import Sessions
from bot.cli import app
from bot.errors import StorageError, UnknownPersonError
from bot.forms.request import Request
from bot.privacy import purge as daily
from bot.privacy.person import Person
from bot.privacy.records import Records, retention_cutoff
from bot.rasa_adapter.tracker_store import ConversationTrackerStore
from bot.settings import Settings, settings
from bot.storage.database import engine
from bot.storage.messages import MessageStore, messages
from bot.storage.requests import RequestStore, requests
from bot.storage.tracker_events import TrackerEvents

DOMAIN = Domain.from_yaml("""
version: "3.1"
intents: [inform]
slots: {email: {type: text, influence_conversation: false, mappings: [{type: custom}]}}
""")
DAY = 24 * 60 * 60


class World:
    """The three stores, and people who talk."""

    def __init__(self, intake_db: str, messages_db: str, conversations_db: str) -> None:
        self.urls = (intake_db, messages_db, conversations_db)
        self.intake, self.messages = RequestStore(intake_db), MessageStore(messages_db)
        self.events = TrackerEvents(conversations_db)
        self.records = Records(self.intake, self.messages, self.events)
        self.rasa = ConversationTrackerStore(conversations_db, DOMAIN)
        for each in (self.intake, self.messages, self.events):
            with each.database.transaction():
                pass  # creates the tables
        for url, table in ((intake_db, "posts"), (intake_db, "requests"), (messages_db, "messages")):
            self.execute(url, f"DELETE FROM {table}")
        self.execute(conversations_db, "DELETE FROM events")

    @staticmethod
    def execute(url: str, statement: Any) -> None:
        with engine(url).begin() as connection:
            connection.execute(sa.text(statement) if isinstance(statement, str) else statement)

    def say(self, conversation: str, *texts: str, days_ago: float = 0, session: bool = True) -> None:
        """A visitor says something: kept as seen, and in Rasa's record; the advisor repeats it."""
        at = time.time() - days_ago * DAY
        events: list[Event] = []
        if session:
            events = [ActionExecuted("action_session_start", timestamp=at), SessionStarted(timestamp=at)]
        for text in texts:
            answer = Answer("nl", (Section("Samengevat", value=UserText(text)),))
            asked, _ = self.messages.add_user_message(conversation, text, f"id {time.monotonic_ns()}")
            self.messages.add_answers(conversation, [answer], asked.position)
            parsed = {"intent": {"name": "inform", "confidence": 1.0}, "entities": [], "text": text}
            events += [
                UserUttered(text, parsed["intent"], [], parsed, timestamp=at),
                SlotSet("email", text, timestamp=at),
                BotUttered("Samengevat", {"custom": answer.as_json()}, timestamp=at),
                ActionExecuted("action_listen", timestamp=at),
            ]
        moment = datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None)
        fresh = messages.c.at > datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=1)
        if days_ago:
            mine = (messages.c.conversation == conversation, fresh)
            self.execute(self.urls[1], sa.update(messages).where(*mine).values(at=moment))
        self.rasa._save(DialogueStateTracker.from_events(conversation, [*self._known(conversation), *events]))

    def _known(self, conversation: str) -> list[Event]:
        full = self.rasa._retrieve(conversation, full=True)
        return list(full.events) if full else []

    def tracker(self, conversation: str, full: bool = False) -> DialogueStateTracker:
        """Rasa's tracker of a conversation."""
        tracker = self.rasa._retrieve(conversation, full=full)
        assert tracker is not None
        return tracker

    def ask(self, conversation: str, days_ago: float = 0, **fields: str) -> int:
        """A request."""
        due = date(2026, 11, 30)
        number, _ = self.intake.add(
            Request("competitor_check", conversation, "nl", "do", fields, due, "we bewaren dit")
        )
        moment = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=days_ago)
        change = sa.update(requests).where(requests.c.number == number).values(created_at=moment)
        self.execute(self.urls[0], change)
        return number

    def found(self, who: str) -> tuple[list[str], list[int]]:
        """The conversations and requests of a person."""
        found = self.records.find(Person.of(who))
        return [c.id for c in found.conversations], [r.number for r in found.requests]

    def forget(self, who: str) -> str:
        """Forgets a person; tells how much that was."""
        return str(self.records.forget(self.records.find(Person.of(who))))

    def texts(self, conversation: str) -> list[str]:
        """What is kept of what a visitor said."""
        return [m.text for m in self.messages.after(conversation, 0) if m.text]


@pytest.fixture
def files(tmp_path: Path) -> World:
    """The stores in three files of SQLite, as they are by default."""
    return World(*(f"sqlite:///{tmp_path}/{name}.db" for name in ("intake", "messages", "conversations")))


@pytest.fixture(params=["files", "one PostgreSQL"])
def world(request: pytest.FixtureRequest) -> World:
    """The stores in three files, or all in one PostgreSQL."""
    if request.param == "files":
        return request.getfixturevalue("files")
    return World(*[request.getfixturevalue("postgres").url] * 3)


@pytest.fixture
def command(files: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The commands work on these stores."""
    for name, url in zip(("intake_db", "messages_db", "conversations_db"), files.urls, strict=True):
        monkeypatch.setattr(settings(), name, url)
    return files


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["privacy", *arguments], input=answer, env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def kept_bytes(folder: Path, needle: str) -> list[str]:
    """The files of databases that a text stands in, whether or not it can be queried."""
    return [f.name for f in folder.iterdir() if ".db" in f.name and needle.encode() in f.read_bytes()]


def test_what_a_database_was_to_keep_is_not_told_by_its_error(files: World) -> None:
    files.execute(files.urls[0], "DROP TABLE posts")
    files.execute(files.urls[0], "DROP TABLE requests")
    with pytest.raises(StorageError) as error:
        files.ask("website-1", email="jan@zaak.nl")
    assert "jan@zaak.nl" not in str(error.value)


def test_a_person_is_found_by_their_address_wherever_it_was_typed(world: World) -> None:
    world.say("website-1", "hoi", "mail maar naar Jan@Zaak.nl.")
    number = world.ask("website-2", email="jan@zaak.nl")
    world.say("website-2", "een check graag")
    world.say("website-3", "marjan@zaak.nl en jan@zaak.nlx zijn anderen, net als p.jan@zaak.nl")
    world.say("rest-jan@zaak.nl", "ik heet naar mijn adres")
    assert world.found("JAN@zaak.nl") == (["rest-jan@zaak.nl", "website-1", "website-2"], [number])


@pytest.mark.parametrize("who", ["0612345678", "+31 6 12345678", "06-1234 5678"])
def test_a_phone_number_is_found_however_it_was_typed(files: World, who: str) -> None:
    files.say("website-1", "bel me op 06 12 34 56 78")
    files.say("website-2", "06 12345679 is een ander")
    number = files.ask("website-3", contact="+31 6 12345678")
    assert files.found(who) == (["website-1"], [number])


def test_what_only_rasa_or_only_the_advisor_s_answer_still_tells_is_found_too(files: World) -> None:
    files.say("website-1", "jan@zaak.nl")
    files.execute(files.urls[1], sa.delete(messages))
    files.say("website-2", "jan@zaak.nl")
    files.execute(files.urls[2], "DELETE FROM events WHERE sender_id = 'website-2'")
    files.execute(files.urls[1], sa.delete(messages).where(messages.c.text.is_not(None)))
    assert files.found("jan@zaak.nl") == (["website-1", "website-2"], [])


def test_whoever_made_a_request_is_found_by_its_number_with_all_other_talks(files: World) -> None:
    number = files.ask("website-1", email="jan@zaak.nl")
    files.say("website-2", "ik ben jan@zaak.nl weer")
    files.say("website-3", "ik niet")
    assert files.found(f"request:{number}") == (["website-2"], [number])
    assert files.found("request:999") == ([], [])


def test_a_visitor_who_gave_no_address_is_found_by_what_the_browser_keeps(files: World) -> None:
    session, token = Sessions("secret", 90).issue("nl")
    files.say(session.conversation, "hoi")
    files.say("website-2", "hoi")
    assert files.found(token) == ([session.conversation], [])
    assert files.found(session.conversation) == ([session.conversation], [])


def test_a_user_of_slack_is_found_where_only_they_see_it_and_as_one_of_the_team(files: World) -> None:
    files.say("slack-T1-C1--U1234567", "van mij alleen")
    files.say("slack-T1-C1-170.1-", "van allen")
    number = files.ask("website-1", email="jan@zaak.nl")
    files.intake.claim(number, timedelta(0))
    files.intake.set_status(number, "done", "<@U1234567>")
    assert files.records.find(Person.of("U1234567")).handled == [number]
    assert files.found("U1234567") == (["slack-T1-C1--U1234567"], [])
    files.forget("U1234567")
    assert not files.records.find(Person.of("U1234567"))
    assert (files.intake.state(number).status, files.intake.state(number).person) == ("done", None)
    assert files.texts("slack-T1-C1-170.1-") == ["van allen"]


@pytest.mark.parametrize("who", ["jan", "jan@", "12345", "request:", "", "a.b.c", "zaak.nl"])
def test_a_name_is_no_way_to_look_for_somebody(who: str) -> None:
    with pytest.raises(UnknownPersonError, match="Expected an e-mail address"):
        Person.of(who)


def test_forgetting_leaves_nothing_of_one_person_and_all_of_others(world: World) -> None:
    for name in ("jan", "piet"):
        world.say(f"website-{name}", "hoi", f"ik ben {name}@zaak.nl")
        number = world.ask(f"website-{name}", email=f"{name}@zaak.nl")
        world.intake.claim(number, timedelta(0))
    assert world.forget("jan@zaak.nl") == "1 requests, 4 messages, 10 tracker events"
    assert not world.records.find(Person.of("jan@zaak.nl"))
    assert world.found("piet@zaak.nl") == (["website-piet"], [number])
    assert world.texts("website-piet") == ["hoi", "ik ben piet@zaak.nl"]
    assert world.rasa._retrieve("website-jan") is None
    assert world.tracker("website-piet").get_slot("email") == "ik ben piet@zaak.nl"


def test_forgotten_words_are_gone_from_the_files_too(files: World, tmp_path: Path) -> None:
    for number in range(40):
        files.say(f"website-{number}", *(f"bericht {n} van nr{number}@zaak.nl " + "x" * 40 * n for n in range(5)))
        files.ask(f"website-{number}", email=f"nr{number}@zaak.nl")
    assert len(kept_bytes(tmp_path, "nr7@zaak.nl")) >= 3
    files.forget("nr7@zaak.nl")
    assert kept_bytes(tmp_path, "nr7@zaak.nl") == []
    assert len(kept_bytes(tmp_path, "nr8@zaak.nl")) == 3


def test_what_was_deleted_before_deleting_overwrote_goes_with_the_next_who_is_forgotten(
    files: World, tmp_path: Path
) -> None:
    files.say("website-1", "jan@zaak.nl")
    files.say("website-2", "piet@zaak.nl")
    with contextlib.closing(sqlite3.connect(tmp_path / "messages.db")) as careless:
        careless.execute("PRAGMA secure_delete=OFF")
        careless.execute("DELETE FROM messages WHERE conversation = 'website-1'")
        careless.commit()
        careless.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "messages.db" in kept_bytes(tmp_path, "jan@zaak.nl")
    files.forget("piet@zaak.nl")
    assert "messages.db" not in kept_bytes(tmp_path, "jan@zaak.nl")


def test_what_is_too_old_goes_and_the_rest_stays(world: World) -> None:
    world.say("website-old", "oud", days_ago=91)
    world.say("website-long", "begin", days_ago=120)
    world.say("website-long", "en nog steeds", days_ago=3)
    old, young = world.ask("website-old", days_ago=91, email="a@b.nl"), world.ask("website-long", 89, email="a@b.nl")
    for number in (old, young):
        world.intake.claim(number, timedelta(0))
    deleted = world.records.purge(retention_cutoff(90))
    assert str(deleted) == "1 requests, 4 messages, 12 tracker events"
    assert [r.number for r in world.intake.all()] == [young]
    assert world.texts("website-long") == ["en nog steeds"]
    assert world.messages.conversations() == {"website-long"} == world.events.conversations()
    assert not world.records.purge(retention_cutoff(90)), "a second time there is nothing to do"


def test_a_session_that_goes_on_stays_whole(world: World) -> None:
    world.say("website-1", "eerder", days_ago=200)
    world.say("website-1", "mijn adres is jan@zaak.nl", days_ago=91)
    world.say("website-1", "ben je er nog?", days_ago=1, session=False)
    before = world.tracker("website-1")
    world.records.purge(retention_cutoff(90))
    after = world.tracker("website-1")
    assert list(after.events) == list(before.events)
    assert not [e for e in world.tracker("website-1", full=True).events if getattr(e, "text", "") == "eerder"]


def test_what_was_too_old_is_gone_from_the_files_too(files: World, tmp_path: Path) -> None:
    for number in range(40):
        files.say(f"website-{number}", f"nr{number}@zaak.nl " + "x" * 500, days_ago=91 if number == 7 else 1)
    files.records.purge(retention_cutoff(90))
    assert kept_bytes(tmp_path, "nr7@zaak.nl") == []


def test_the_number_of_a_deleted_request_is_not_given_again(world: World) -> None:
    number = world.ask("website-1", email="jan@zaak.nl")
    world.forget("jan@zaak.nl")
    assert world.ask("website-2", email="piet@zaak.nl") > number


def test_before_rasa_made_its_table_nothing_is_found_or_deleted_there(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/new-{name}.db" for name in "abc"]
    empty = Records(RequestStore(urls[0]), MessageStore(urls[1]), TrackerEvents(urls[2]))
    assert not empty.find(Person.of("jan@zaak.nl"))
    assert not empty.purge(retention_cutoff(1))


def test_the_version_of_the_consent_is_that_of_its_text() -> None:
    one, same, other = (Request("appointment", "c", "nl", None, {}, date(2026, 1, 1), t) for t in ("a", "a", "b"))
    assert one.consent_version == same.consent_version == "ca978112"  # begins the sha256 of "a"
    assert one.consent_version != other.consent_version
    assert Request("appointment", "c", "nl", None, {}, date(2026, 1, 1)).consent_version is None


def test_consent_is_told_with_its_version_also_of_a_database_made_before(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.execute(
            "CREATE TABLE requests (number INTEGER NOT NULL PRIMARY KEY, kind VARCHAR(40) NOT NULL, "
            "created_at DATETIME NOT NULL, due DATE NOT NULL, language VARCHAR(2) NOT NULL, phase VARCHAR(10), "
            "conversation VARCHAR(255) NOT NULL, fields JSON NOT NULL, consent_text TEXT, "
            "fingerprint VARCHAR(64) NOT NULL UNIQUE)"
        )
        row = ("appointment", "2026-01-01 10:00:00", "2026-01-05", "nl", "c", "{}", "a", "f")
        old.execute(
            "INSERT INTO requests (kind, created_at, due, language, conversation, fields, consent_text, fingerprint) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        old.commit()
    (stored,) = RequestStore(f"sqlite:///{tmp_path}/old.db").all()
    assert (stored.request.consent_version, stored.consented_at) == ("ca978112", datetime(2026, 1, 1, 10))


def test_an_export_tells_all_that_is_kept_so_that_people_can_read_it(command: World, tmp_path: Path) -> None:
    command.say("website-1", "één vraag van jan@zaak.nl")
    command.messages.set_vote("website-1", 2, "down")
    number = command.ask("website-1", email="jan@zaak.nl", competitor_url="https://rivaal.nl")
    command.intake.claim(number, timedelta(0))
    command.intake.posted(number, "C1 1700000000.1")
    command.say("website-2", "geheim van piet")
    file = tmp_path / "jan.json"
    assert run("export", "jan@zaak.nl", str(file))[0] == 0
    written = file.read_text(encoding="utf-8")
    assert "één vraag van jan@zaak.nl" in written
    assert "piet" not in written
    assert file.stat().st_mode & 0o077 == 0, "only its owner may read it"
    told = json.loads(written)
    (request,) = told["requests"]
    assert request["filled_in"] == {"email": "jan@zaak.nl", "competitor_url": "https://rivaal.nl"}
    assert request["consent"]["text"] == "we bewaren dit"
    assert len(request["consent"]["version"]) == 8
    assert request["consent"]["given_at"] == request["received_at"]
    assert request["post_in_slack"] == "C1 1700000000.1"
    (talk,) = told["conversations"]
    assert [(m["from"], m.get("thumb")) for m in talk["messages"]] == [("visitor", None), ("advisor", "down")]
    assert [e["event"] for e in talk["record_of_rasa"]].count("user") == 1
    assert set(told) - {"about", "made_at"} <= set(told["about"])


def test_forget_shows_and_asks_before_it_deletes(command: World) -> None:
    command.say("website-1", "ik ben [bold]jan@zaak.nl[/nl]")
    number = command.ask("website-1", email="jan@zaak.nl")
    command.intake.claim(number, timedelta(0))
    command.intake.posted(number, "C1 1700000000.1")
    code, output = run("forget", "jan@zaak.nl", answer="n\n")
    assert code == 1
    assert "ik ben [bold]jan@zaak.nl[/nl]" in output
    assert "Nothing was deleted." in output
    assert command.found("jan@zaak.nl") == (["website-1"], [number])
    code, output = run("forget", "jan@zaak.nl", "--yes")
    assert code == 0
    assert "Deleted: 1 requests, 2 messages, 6 tracker events." in output
    assert "nothing is left" in output
    assert "in channel C1 the message of 1700000000.1" in output
    assert run("forget", "jan@zaak.nl", "--yes") == (1, "Nothing is kept of jan@zaak.nl.")


def test_forget_says_so_if_something_is_left(command: World, monkeypatch: pytest.MonkeyPatch) -> None:
    command.say("website-1", "jan@zaak.nl")
    delete = Records.forget

    def talks_on(records: Records, found: Any) -> Any:
        deleted = delete(records, found)
        command.say("website-1", "ik ben er nog: jan@zaak.nl")
        return deleted

    monkeypatch.setattr(Records, "forget", talks_on)
    code, output = run("forget", "jan@zaak.nl", "--yes")
    assert code == 1
    assert "Something is left" in output


def test_whom_nobody_can_look_for_is_explained(command: World) -> None:
    code, output = run("forget", "Jan de Vries", "--yes")
    assert code == 2
    assert "'Jan de Vries' identifies no person" in output


def test_purge_goes_by_the_setting_or_by_days(command: World, monkeypatch: pytest.MonkeyPatch) -> None:
    command.say("website-1", "hoi", days_ago=40)
    assert "Older than 90 days, so deleted: 0 requests, 0 messages" in run("purge")[1]
    assert "Older than 50 days, so deleted: 0 requests, 0 messages" in run("purge", "--days", "50")[1]
    monkeypatch.setattr(settings(), "retention_days", 30)
    assert "Older than 30 days, so deleted: 0 requests, 2 messages" in run("purge")[1]
    assert run("purge", "--days", "0")[0] == 2


async def test_a_server_purges_by_itself_and_tries_again_after_a_failure(
    command: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    command.say("website-1", "hoi", days_ago=91)
    purge, calls = daily.purge, []

    def fails_first(settings: Settings) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise StorageError("gone")
        return purge(settings)

    monkeypatch.setattr(daily, "purge", fails_first)
    monkeypatch.setattr(daily, "RETRY_AFTER", 0.01)
    task = asyncio.create_task(daily.purge_daily(settings()))
    deadline = time.monotonic() + 10
    while command.messages.conversations() or "deleted 0 requests, 2 messages" not in caplog.text:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert "periodic work failed: retention purge" in caplog.text
    assert not task.done()
    task.cancel()


def test_a_server_begins_and_ends_with_it(command: World) -> None:
    listeners_of: dict[str, Any] = {}
    server = SimpleNamespace(
        ctx=SimpleNamespace(), register_listener=lambda listener, event: listeners_of.update({event: listener})
    )
    daily.register(server, settings())
    command.say("website-1", "hoi", days_ago=91)

    async def live() -> None:
        await listeners_of["after_server_start"](server, None)
        deadline = time.monotonic() + 10
        while command.messages.conversations():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await listeners_of["before_server_stop"](server, None)
        with pytest.raises(asyncio.CancelledError):
            await server.ctx.purging

    asyncio.run(live())


def test_it_works_without_rasa() -> None:
    code = "import sys, bot.privacy.records, bot.privacy.purge; sys.exit('rasa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
