"""Personal data: found, deleted for good, and kept no longer than the retention period."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.chat.website.sessions import Sessions
from bot.errors import StorageError, UnknownPersonError
from bot.forms.request import Request
from bot.privacy.person import Person
from bot.privacy.records import Records, retention_cutoff
from bot.storage.handovers import HandoverStore
from bot.storage.messages import MessageStore, messages
from bot.storage.plans import PlanStore
from bot.storage.requests import RequestStore
from bot.storage.tracker_events import TrackerEvents
from tests.support.stores import Stores, kept_bytes


def test_what_a_database_was_to_keep_is_not_told_by_its_error(files: Stores) -> None:
    files.execute(files.urls[0], "DROP TABLE posts")
    files.execute(files.urls[0], "DROP TABLE requests")
    with pytest.raises(StorageError) as error:
        files.ask("website-1", email="jan@zaak.nl")
    assert "jan@zaak.nl" not in str(error.value)


def test_a_person_is_found_by_their_address_wherever_it_was_typed(stores: Stores) -> None:
    stores.say("website-1", "hoi", "mail maar naar Jan@Zaak.nl.")
    number = stores.ask("website-2", email="jan@zaak.nl")
    stores.say("website-2", "een check graag")
    stores.say("website-3", "marjan@zaak.nl en jan@zaak.nlx zijn anderen, net als p.jan@zaak.nl")
    stores.say("rest-jan@zaak.nl", "ik heet naar mijn adres")
    assert stores.found("JAN@zaak.nl") == (["rest-jan@zaak.nl", "website-1", "website-2"], [number])


@pytest.mark.parametrize("who", ["0612345678", "+31 6 12345678", "06-1234 5678"])
def test_a_phone_number_is_found_however_it_was_typed(files: Stores, who: str) -> None:
    files.say("website-1", "bel me op 06 12 34 56 78")
    files.say("website-2", "06 12345679 is een ander")
    number = files.ask("website-3", contact="+31 6 12345678")
    assert files.found(who) == (["website-1"], [number])


def test_what_only_rasa_or_only_the_advisor_s_answer_still_tells_is_found_too(files: Stores) -> None:
    files.say("website-1", "jan@zaak.nl")
    files.execute(files.urls[1], sa.delete(messages))
    files.say("website-2", "jan@zaak.nl")
    files.execute(files.urls[2], "DELETE FROM events WHERE sender_id = 'website-2'")
    files.execute(files.urls[1], sa.delete(messages).where(messages.c.text.is_not(None)))
    assert files.found("jan@zaak.nl") == (["website-1", "website-2"], [])


def test_whoever_made_a_request_is_found_by_its_number_with_all_other_talks(files: Stores) -> None:
    number = files.ask("website-1", email="jan@zaak.nl")
    files.say("website-2", "ik ben jan@zaak.nl weer")
    files.say("website-3", "ik niet")
    assert files.found(f"request:{number}") == (["website-2"], [number])
    assert files.found("request:999") == ([], [])


def test_a_visitor_who_gave_no_address_is_found_by_what_the_browser_keeps(files: Stores) -> None:
    session, token = Sessions("secret", 90).issue("nl")
    files.say(session.conversation, "hoi")
    files.say("website-2", "hoi")
    assert files.found(token) == ([session.conversation], [])
    assert files.found(session.conversation) == ([session.conversation], [])


def test_a_user_of_slack_is_found_where_only_they_see_it_and_as_one_of_the_team(files: Stores) -> None:
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


def test_forgetting_leaves_nothing_of_one_person_and_all_of_others(stores: Stores) -> None:
    for name in ("jan", "piet"):
        stores.say(f"website-{name}", "hoi", f"ik ben {name}@zaak.nl")
        number = stores.ask(f"website-{name}", email=f"{name}@zaak.nl")
        stores.intake.claim(number, timedelta(0))
    assert stores.forget("jan@zaak.nl") == "1 requests, 4 messages, 10 tracker events"
    assert not stores.records.find(Person.of("jan@zaak.nl"))
    assert stores.found("piet@zaak.nl") == (["website-piet"], [number])
    assert stores.texts("website-piet") == ["hoi", "ik ben piet@zaak.nl"]
    assert stores.rasa._retrieve("website-jan") is None
    assert stores.tracker("website-piet").get_slot("email") == "ik ben piet@zaak.nl"


def test_forgotten_words_are_gone_from_the_files_too(files: Stores, tmp_path: Path) -> None:
    for number in range(40):
        files.say(f"website-{number}", *(f"bericht {n} van nr{number}@zaak.nl " + "x" * 40 * n for n in range(5)))
        files.ask(f"website-{number}", email=f"nr{number}@zaak.nl")
    assert len(kept_bytes(tmp_path, "nr7@zaak.nl")) >= 3
    files.forget("nr7@zaak.nl")
    assert kept_bytes(tmp_path, "nr7@zaak.nl") == []
    assert len(kept_bytes(tmp_path, "nr8@zaak.nl")) == 3


def test_what_was_deleted_before_deleting_overwrote_goes_with_the_next_who_is_forgotten(
    files: Stores, tmp_path: Path
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


def test_what_is_too_old_goes_and_the_rest_stays(stores: Stores) -> None:
    stores.say("website-old", "oud", days_ago=91)
    stores.say("website-long", "begin", days_ago=120)
    stores.say("website-long", "en nog steeds", days_ago=3)
    old, young = stores.ask("website-old", days_ago=91, email="a@b.nl"), stores.ask("website-long", 89, email="a@b.nl")
    for number in (old, young):
        stores.intake.claim(number, timedelta(0))
    deleted = stores.records.purge(retention_cutoff(90))
    assert str(deleted) == "1 requests, 4 messages, 12 tracker events"
    assert [r.number for r in stores.intake.all()] == [young]
    assert stores.texts("website-long") == ["en nog steeds"]
    assert stores.messages.conversations() == {"website-long"} == stores.events.conversations()
    assert not stores.records.purge(retention_cutoff(90)), "a second time there is nothing to do"


def test_a_session_that_goes_on_stays_whole(stores: Stores) -> None:
    stores.say("website-1", "eerder", days_ago=200)
    stores.say("website-1", "mijn adres is jan@zaak.nl", days_ago=91)
    stores.say("website-1", "ben je er nog?", days_ago=1, session=False)
    before = stores.tracker("website-1")
    stores.records.purge(retention_cutoff(90))
    after = stores.tracker("website-1")
    assert list(after.events) == list(before.events)
    assert not [e for e in stores.tracker("website-1", full=True).events if getattr(e, "text", "") == "eerder"]


def test_what_was_too_old_is_gone_from_the_files_too(files: Stores, tmp_path: Path) -> None:
    for number in range(40):
        files.say(f"website-{number}", f"nr{number}@zaak.nl " + "x" * 500, days_ago=91 if number == 7 else 1)
    files.records.purge(retention_cutoff(90))
    assert kept_bytes(tmp_path, "nr7@zaak.nl") == []


def test_the_number_of_a_deleted_request_is_not_given_again(stores: Stores) -> None:
    number = stores.ask("website-1", email="jan@zaak.nl")
    stores.forget("jan@zaak.nl")
    assert stores.ask("website-2", email="piet@zaak.nl") > number


def test_before_rasa_made_its_table_nothing_is_found_or_deleted_there(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/new-{name}.db" for name in "abc"]
    plans = PlanStore(urls[0], max_age=timedelta(days=1))
    empty = Records(RequestStore(urls[0]), MessageStore(urls[1]), TrackerEvents(urls[2]), plans, HandoverStore(urls[1]))
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
