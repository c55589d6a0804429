"""What visitors fill in is checked, and stored once."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from bot.forms import parsing
from bot.forms.dialogue import FormMessage, fill, prefill
from bot.forms.fields import FORMS, Kind, ParseContext
from bot.forms.modal import validate
from bot.forms.request import Origin, Request, build_request
from bot.knowledge import Knowledge
from bot.storage.requests import RequestStore

NOW = datetime(2026, 11, 23, 10, 0)


def said(text: str, intent: str = "inform", confidence: float = 0.9) -> FormMessage:
    return FormMessage(text, intent, confidence, ParseContext("NL", NOW))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("www.bakkerijdekorrel.nl", "https://www.bakkerijdekorrel.nl"),
        ("kijk eens naar https://Rival.co.uk/shoes?x=1.", "https://rival.co.uk/shoes?x=1"),
        ("rivaal.nl en andere.be", "https://rivaal.nl, https://andere.be"),
        ("piet@bakkerij.nl", None),
        ("geen idee", None),
        ("localhost", None),
        ("127.0.0.1", None),
        ("3.5", None),
        ("javascript:alert(1).nl", None),
    ],
)
def test_web_addresses_are_found_in_a_sentence(text: str, url: str | None) -> None:
    assert parsing.find_urls(text) == url


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("mail maar naar Piet@Bakkerij.nl.", "Piet@bakkerij.nl"),
        ("piet@bakkerij", None),
        ("piet @ bakkerij.nl", None),
        ("bel me", None),
    ],
)
def test_email_addresses_are_checked(text: str, email: str | None) -> None:
    assert parsing.find_email(text) == email


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Piet@Bakkerij.nl ", "Piet@bakkerij.nl"),
        ("mail naar piet@bakkerij.nl", None),
        ("piet@bakkerij.nl, jan@zaak.nl", None),
        ("piet@bakkerij.nl\r\nBcc: jan@zaak.nl", None),
        ("", None),
    ],
)
def test_a_field_for_an_email_address_takes_one_and_nothing_else(text: str, email: str | None) -> None:
    assert parsing.clean_email(text) == email


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("06 12345678", "+31 6 12345678"),
        ("bel me op 020-1234567", "+31 20 123 4567"),
        ("+32 475 12 34 56", "+32 475 12 34 56"),
        ("12345", None),
    ],
)
def test_phone_numbers_are_checked(text: str, contact: str | None) -> None:
    assert parsing.find_contact(text) == contact


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ik heet Karin de Boer", "Karin de Boer"),
        ("my name is Sean O'Neill", "Sean O'Neill"),
        ("Anne-Marie", "Anne-Marie"),
        ("J. Özdemir", "J. Özdemir"),
        ("nee wacht, mijn naam moet zijn Eva Smit", "Eva Smit"),
        ("hallo", None),
        ("oké", None),
        ("<b>Jan</b>", None),
        ("x", None),
        ("06 12345678", None),
    ],
)
def test_names_are_letters(text: str, name: str | None) -> None:
    assert parsing.clean_name(text) == name


def test_a_moment_in_the_past_is_refused() -> None:
    assert fill("appointment", "moment", said("gisteren")).problem == "past_moment"
    assert fill("appointment", "moment", said("3 januari 2020")).problem == "past_moment"


@pytest.mark.parametrize("moment", ["dinsdagochtend", "next Tuesday at ten", "maakt niet uit", "morgen 14:00"])
def test_any_other_moment_is_taken_with_the_date_of_its_day(moment: str) -> None:
    value = fill("appointment", "moment", said(moment)).values["moment"]
    assert isinstance(value, str)
    assert re.sub(r" \(\w+ \d+ november\)$", "", value) == moment


@pytest.mark.parametrize(
    ("moment", "date"),
    [
        ("vrijdag 10 uur", "vrijdag 4 december"),
        ("vrijdagavond 22:00", "vrijdag 27 november"),
        ("maandag", "maandag 30 november"),
        ("morgenochtend", "zaterdag 28 november"),
    ],
)
def test_a_weekday_is_the_next_one_whose_time_has_not_passed(moment: str, date: str) -> None:
    friday_evening = ParseContext("NL", datetime(2026, 11, 27, 20, 0))
    message = FormMessage(moment, "inform", 0.9, friday_evening)
    assert fill("appointment", "moment", message).values == {"moment": f"{moment} ({date})"}


@pytest.mark.parametrize("moment", ["volgende week dinsdag", "next Tuesday at ten", "12 december"])
def test_a_moment_whose_date_is_doubtful_or_said_gets_none(moment: str) -> None:
    assert fill("appointment", "moment", said(moment)).values == {"moment": moment}


def test_a_url_in_the_first_sentence_is_taken() -> None:
    filled = prefill("competitor_check", said("check www.rivaal.nl eens", "request_competitor_check"))
    assert filled.values == {"competitor_url": "https://www.rivaal.nl"}


def test_url_and_email_may_come_together() -> None:
    filled = fill("competitor_check", "competitor_url", said("rivaal.nl, mail naar jan@zaak.nl"))
    assert filled.values == {"competitor_url": "https://rivaal.nl", "email": "jan@zaak.nl"}


def test_a_question_in_between_is_no_answer() -> None:
    filled = fill("competitor_check", "email", said("wat is CTR?", "faq_ctr"))
    assert not filled.values
    assert filled.problem is None


def test_a_wrong_email_is_a_problem() -> None:
    assert fill("competitor_check", "email", said("piet@bakkerij")).problem == "invalid_email"


def test_consent_needs_a_yes_or_no() -> None:
    assert fill("competitor_check", "consent", said("ja", "affirm")).values == {"consent": True}
    assert fill("competitor_check", "consent", said("nee", "deny")).values == {"consent": False}
    assert fill("competitor_check", "consent", said("blauw")).problem == "invalid_yes_no"


def test_a_no_to_the_summary_asks_what_should_change() -> None:
    filled = fill("appointment", "confirmed", said("nee", "deny"))
    assert (filled.values, filled.problem) == ({}, "change_what")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("jan@zaak.nl", {"contact": "jan@zaak.nl"}),
        ("Friday 2pm", {"moment": "Friday 2pm (vrijdag 27 november)"}),
        ("Piet Janssens", {"name": "Piet Janssens"}),
    ],
)
def test_details_typed_at_the_summary_replace_the_old_ones(text: str, values: dict[str, str]) -> None:
    assert fill("appointment", "confirmed", said(text)).values == values


@pytest.mark.parametrize("asked", ["contact", "moment", "confirmed"])
def test_a_name_is_corrected_at_any_question(asked: str) -> None:
    assert fill("appointment", asked, said("nee, mijn naam moet zijn Jansen")).values == {"name": "Jansen"}


@pytest.mark.parametrize("text", ["mijn mail geef ik niet", "dat zeg ik liever niet", "I don't want to share that"])
def test_a_refusal_is_accepted_with_what_it_means(text: str) -> None:
    filled = fill("competitor_check", "email", said(text, "deny"))
    assert (filled.values, filled.problem) == ({}, "refused_detail")


def test_a_correction_as_people_say_it_is_taken() -> None:
    filled = fill("appointment", "confirmed", said("nee wacht, liever donderdag", "deny"))
    assert filled.values == {"moment": "liever donderdag (donderdag 26 november)"}


def test_a_hesitant_yes_sends_nothing() -> None:
    assert not fill("appointment", "confirmed", said("asap", "affirm", 0.44)).values


@pytest.mark.parametrize("moment", ["tomorrow", "Sunday", "volgende week", "overmorgen"])
def test_a_day_is_a_moment_even_if_it_sounds_like_goodbye(moment: str) -> None:
    value = fill("appointment", "moment", said(moment, "goodbye", 0.9)).values["moment"]
    assert str(value).startswith(moment)


def test_a_question_is_no_moment() -> None:
    filled = fill("appointment", "moment", said("how long does it take?", "faq_seo_duration", 0.4))
    assert not filled.values


@pytest.mark.parametrize("moment", ["yesterday afternoon", "last Monday", "gistermiddag", "vorige week dinsdag"])
def test_other_ways_to_name_the_past_are_refused(moment: str) -> None:
    assert fill("appointment", "moment", said(moment)).problem == "past_moment"


def test_a_foreign_number_without_country_code_is_not_taken_for_a_dutch_one() -> None:
    assert fill("appointment", "contact", said("087 123 4567")).problem == "invalid_contact"


def test_a_new_moment_is_taken_even_if_it_sounds_like_leaving() -> None:
    filled = fill("appointment", "confirmed", said("nee, toch liever woensdag om tien uur", "cancel", 0.9))
    assert filled.values == {"moment": "toch liever woensdag om tien uur (woensdag 25 november)"}
    assert not fill("appointment", "confirmed", said("laat maar zitten", "cancel", 0.9)).values


def test_leaving_is_no_answer() -> None:
    assert not fill("appointment", "name", said("laat maar", "cancel")).values


@pytest.fixture
def store(tmp_path: Path) -> RequestStore:
    return RequestStore(f"sqlite:///{tmp_path}/deep/intake.db")


def request(**changes: object) -> Request:
    values: dict[str, object] = {
        "kind": "competitor_check",
        "conversation": "c1",
        "language": "nl",
        "phase": "do",
        "fields": {"competitor_url": "https://rivaal.nl", "email": "jan@zaak.nl"},
        "due": date(2026, 11, 26),
        "consent_text": "akkoord",
    }
    return Request(**{**values, **changes})  # type: ignore[arg-type]


def test_a_request_is_stored_with_time_language_and_phase(store: RequestStore) -> None:
    number, new = store.add(request())
    (stored,) = store.all()
    assert (stored.number, new) == (number, True)
    assert stored.request == request()
    assert stored.created_at.year >= 2026


def test_a_repeated_confirmation_stores_one_request(store: RequestStore) -> None:
    first, _ = store.add(request())
    second, new = store.add(request(due=date(2026, 11, 27)))
    assert (second, new) == (first, False)
    assert len(list(store.all())) == 1


def test_another_conversation_is_another_request(store: RequestStore) -> None:
    store.add(request())
    store.add(request(conversation="c2"))
    assert len(list(store.all())) == 2


def test_requests_outlive_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/intake.db"
    RequestStore(url).add(request())
    assert len(list(RequestStore(url).all())) == 1


@pytest.mark.parametrize(("kind", "days"), [("competitor_check", 2), ("appointment", 1)])
def test_a_request_is_due_within_the_working_days_of_its_kind(knowledge: Knowledge, kind: Kind, days: int) -> None:
    changes = {"competitor_check_working_days": 2, "appointment_working_days": 1, "country": "NL"}
    agency = knowledge.agency.copy(update=changes)
    values = {field.name: "x" for field in FORMS[kind]}
    built = build_request(kind, values, Origin("c1", "en", "do"), agency, date(2026, 11, 23))
    assert built.due == date(2026, 11, 23 + days)
    assert set(built.fields) == {field.name for field in FORMS[kind] if field.is_text}
    assert built.consent_text == agency.privacy.en


def test_both_ways_to_fill_in_a_form_find_the_same_faults() -> None:
    wrong = {"name": "06", "contact": "?", "moment": "gisteren"}
    result = validate("appointment", wrong, ParseContext("NL", NOW))
    assert result.problems == {name: fill("appointment", name, said(text)).problem for name, text in wrong.items()}
