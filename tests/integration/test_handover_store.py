"""Hand-overs as they are stored: one at a time, taken by one, and served by one server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.advice.handovers import from_team
from bot.privacy.person import Person
from bot.storage.database import utc_now
from bot.storage.handovers import HandoverStore, handovers
from tests.support.stores import Stores

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def asked(stores: Stores, conversation: str = "website-1") -> int:
    """A visitor asks for a person."""
    return stores.handovers.ask(conversation, "nl")[0].number


def taken(stores: Stores, conversation: str = "website-1") -> int:
    """A visitor asked, and somebody came."""
    number = asked(stores, conversation)
    assert stores.handovers.take(number, "U1234567", "Anna", "1700000000.000100")
    return number


def age(stores: Stores, number: int, by: timedelta) -> None:
    moment = utc_now() - by
    change = handovers.update().where(handovers.c.number == number).values(asked_at=moment, active_at=moment)
    stores.execute(stores.urls[1], change)


def test_a_conversation_has_one_at_a_time_however_often_it_asks(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: stores.handovers.ask("website-1", "nl"), range(16)))
    assert len({handover.number for handover, _ in results}) == 1
    assert [is_new for _, is_new in results].count(True) == 1
    stores.handovers.take(results[0][0].number, "U1", "Anna", "1.0")
    stores.handovers.give_back(results[0][0].number)
    again, is_new = stores.handovers.ask("website-1", "nl")
    assert is_new
    assert again.number != results[0][0].number


def test_of_many_who_take_it_at_once_one_has_it(stores: Stores) -> None:
    number = asked(stores)
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda n: stores.handovers.take(number, f"U{n}", f"Anna {n}", "1.0"), range(8)))
    assert won.count(True) == 1
    assert stores.handovers.get(number).taken_by == f"U{won.index(True)}"


def test_what_is_over_can_not_be_taken_given_back_or_postponed(stores: Stores) -> None:
    number = taken(stores)
    assert stores.handovers.is_live("website-1")
    assert not stores.handovers.postpone(number)
    assert stores.handovers.give_back(number)
    assert not stores.handovers.give_back(number)
    assert not stores.handovers.take(number, "U2", "Bram", "2.0")
    assert not stores.handovers.is_live("website-1")
    assert stores.handovers.get(number).reason == "given_back"


def test_time_makes_it_late_and_ends_what_falls_silent(stores: Stores) -> None:
    fresh, waiting, late = (asked(stores, f"website-{n}") for n in range(3))
    idle, talking = taken(stores, "website-3"), taken(stores, "website-4")
    age(stores, waiting, 4 * MINUTE)
    age(stores, late, 2 * HOUR)
    age(stores, idle, 2 * HOUR)
    age(stores, talking, 2 * HOUR)
    stores.handovers.touch(talking)
    stores.handovers.expire(3 * MINUTE, HOUR)
    found = {number: stores.handovers.get(number) for number in (fresh, waiting, late, idle, talking)}
    assert [h.state for h in found.values()] == ["waiting", "late", "ended", "ended", "live"]
    assert (found[late].reason, found[idle].reason) == ("nobody", "idle")
    assert [handover.number for handover in stores.handovers.to_tell()] == [waiting, late, idle, talking]


def test_one_server_at_a_time_calls_slack(stores: Stores) -> None:
    number = asked(stores)
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: stores.handovers.claim(number, MINUTE), range(8)))
    ((claimed, is_repeated),) = [claim for claim in claims if claim]
    assert not is_repeated
    assert stores.handovers.release(claimed, channel="C1", ts="1.0", shown="waiting", relayed=3)
    found = stores.handovers.in_thread("C1", "1.0")
    assert found is not None
    assert (found.number, found.relayed, found.claimed_at) == (number, 3, None)


def test_after_a_call_of_unknown_outcome_the_next_one_knows(stores: Stores) -> None:
    number = asked(stores)
    failed = stores.handovers.claim(number, MINUTE)
    assert failed is not None
    stores.handovers.release(failed[0], uncertain=True)
    again = stores.handovers.claim(number, MINUTE)
    assert again is not None
    assert again[1]


def test_a_server_that_took_too_long_records_nothing(stores: Stores) -> None:
    number = asked(stores)
    slow = stores.handovers.claim(number, MINUTE)
    fast = stores.handovers.claim(number, timedelta(0))
    assert slow is not None
    assert fast is not None
    assert not stores.handovers.release(slow[0], relayed=9)
    assert stores.handovers.get(number).relayed == 0


def test_what_is_served_is_what_slack_may_lack(stores: Stores) -> None:
    unposted, over = asked(stores, "website-1"), taken(stores, "website-2")
    stores.handovers.give_back(over)
    assert stores.handovers.to_serve() == [unposted]  # what ended before it was posted is not posted
    claimed = stores.handovers.claim(over, MINUTE)
    assert claimed is not None
    stores.handovers.release(claimed[0], channel="C1", ts="1.0", shown="live")
    assert stores.handovers.to_serve() == [unposted, over]


def test_a_person_s_data_has_the_hand_overs_and_forgets_them(stores: Stores) -> None:
    stores.say("website-1", "mail me op jan@zaak.nl")
    number = taken(stores)
    stores.handovers.give_back(number)
    found = stores.records.find(Person.of("jan@zaak.nl"))
    exported = stores.records.export(found)
    (told,) = exported["conversations"][0]["handovers"]
    assert (told["first_name"], told["ended_because"]) == ("Anna", "given_back")
    assert stores.forget("jan@zaak.nl") == "0 requests, 2 messages, 6 tracker events, 1 hand-overs"
    assert stores.handovers.of("website-1") == []


def test_who_took_over_is_found_and_forgotten_as_one_of_the_team(stores: Stores) -> None:
    stores.say("website-1", "hoi")
    number = taken(stores)
    assert stores.records.find(Person.of("U1234567")).taken == [number]
    stores.handovers.give_back(number)
    stores.forget("U1234567")
    assert not stores.records.find(Person.of("U1234567"))
    assert stores.handovers.get(number).first_name is None


def test_what_the_team_wrote_about_a_person_is_found(stores: Stores) -> None:
    stores.say("website-1", "hoi")
    answer = from_team("Anna", "Ik mail je op jan@zaak.nl", "nl")
    stores.messages.add_notice("website-1", answer, "team 1.0")
    assert stores.found("jan@zaak.nl") == (["website-1"], [])


def test_old_hand_overs_are_deleted(stores: Stores) -> None:
    old, new = asked(stores, "website-1"), asked(stores, "website-2")
    age(stores, old, timedelta(days=91))
    assert stores.records.purge(utc_now() - timedelta(days=90)).handovers == 1
    assert [h.number for h in HandoverStore(stores.urls[1]).of("website-2")] == [new]
