"""Parses what visitors fill in. Each `find_` and `clean_` function returns the clean value, or None without one."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import dateparser
import phonenumbers
from dateparser.search import search_dates
from email_validator import EmailNotValidError, validate_email
from pydantic import HttpUrl, ValidationError, parse_obj_as

MAX_LENGTH = 200

PART_OF_DAY = (
    r"(?:'s )?(?:ochtends|middags|avonds|ochtend|middag|avond|morning|afternoon|evening|"
    r"then|dan|please|graag|toch|liever)"
)
"""Words beside a date that dateparser does not know. They are removed, so that it reads "yesterday afternoon"."""

WEEKDAYS = {
    name: number
    for names in (
        ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    )
    for number, name in enumerate(names)
}
LATER = re.compile(r"\b(?:volgende|next|over|in)\b", re.IGNORECASE)
"""With these words people mean different weeks."""

DAYS_AHEAD = {"vandaag": 0, "today": 0, "morgen": 1, "tomorrow": 1, "overmorgen": 2}
RELATIVE_DAY = re.compile(
    rf"\b(?<!goede )(?P<day>{'|'.join([*WEEKDAYS, *DAYS_AHEAD])})(?:ochtend|middag|avond|morgen)?\b", re.IGNORECASE
)
"""A day whose date depends on when it is said."""

HOUR = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.]\d{2})?\s*(?:(?P<half>am|pm)\b|uur\b|u\b|h\b|o'clock\b|(?<=[:.]\d\d))", re.IGNORECASE
)
END_OF_DAY = 17
"""Hour from which "vrijdag" on a Friday means the next one."""

ANY_MOMENT = re.compile(
    r"\b(?:maakt (?:me |mij )?niets? uit|altijd|wanneer (?:het jullie|jullie)|any ?time|whenever|any (?:moment|day))\b",
    re.IGNORECASE,
)

STOP = re.compile(
    r"\b(?:stop maar|hou(?:d)? (?:maar )?op|(?:wil|hoef) (?:helemaal )?geen (?:afspraak|check|gesprek)|"
    r"(?:don't|do not) want (?:an? |the )?(?:appointment|check|meeting|call)|please stop|stop this)\b",
    re.IGNORECASE,
)

LEAD = re.compile(r"^(?:(?:nee|no|ja|yes|wacht|wait|sorry)[,.!\s]+)+", re.IGNORECASE)
"""Words with which people begin a correction."""

QUESTION_WORD = re.compile(
    r"(?:how|what|why|when|who|where|which|hoe|hoelang|wat|waarom|wanneer|wie|waar|welke?)\b", re.IGNORECASE
)

PAST = re.compile(r"(?:last|afgelopen|vorige?|gister\w*|eergisteren)\b", re.IGNORECASE)
"""Beginnings of past moments that dateparser does not recognise."""

REACHABLE = {
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.TOLL_FREE,
}
"""Number types that are accepted. A foreign number without country code is often valid as another type."""

INTRODUCTION = re.compile(
    r"^(?:hoi|hallo|hello|hi|hey|nee|no|ja|yes|wacht|wait|sorry|oh|o)?(?:[,!\s]+(?:wacht|wait|sorry))*[,!\s]*"
    r"(?:ik heet|ik ben|(?:mijn|m'n|de) naam (?:is|moet zijn|wordt)|dit is|met|"
    r"(?:my|the) name (?:is|should be)|i am|i'm|it's|this is)\s+",
    re.IGNORECASE,
)
NAMES_ITSELF = re.compile(r"\b(?:naam (?:is|moet zijn|wordt)|ik heet|name (?:is|should be))\b", re.IGNORECASE)
"""An introduction that can only be about the name: "mijn naam moet zijn", but not "ik ben" or "dit is"."""

NO_NAME = {
    *("hallo", "hoi", "hey", "hi", "hello", "dag", "goedemorgen", "goedemiddag", "goedenavond"),
    *("ja", "nee", "yes", "no", "ok", "oke", "oké", "okay", "prima", "goed", "graag", "sure", "fine", "thanks"),
}
"""Words that people type before they give their name."""

REFUSAL = re.compile(
    r"\b(?:(?:geef|deel|zeg|vertel|wil)\b.{0,30}\b(?:niet|geen)|geef ik niet|liever niet|"
    r"(?:rather not|(?:don't|do not|won't|will not) (?:want|give|share|tell))|"
    r"gaat je niks aan|none of your business)\b",
    re.IGNORECASE,
)
"""A visitor who does not want to give what the form asks for."""


def find_urls(text: str) -> str | None:
    """The web addresses in a text, completed with https:// and joined by commas. Nothing is fetched.

    >>> find_urls("check www.Rivaal.nl en http://rival.co.uk eens")
    'https://www.rivaal.nl, http://rival.co.uk'
    """
    found = []
    for word in re.split(r"[\s,;<>\"'()]+", text):
        word = word.strip(".!?")
        if "." not in word or "@" in word:
            continue
        try:
            url = parse_obj_as(HttpUrl, word if re.match(r"https?://", word, re.IGNORECASE) else f"https://{word}")
        except ValidationError:
            continue
        if url.tld and re.fullmatch(r"[a-z]{2,}|xn--[a-z0-9-]+", url.tld.lower()) and len(url) <= MAX_LENGTH:
            found.append(str(url).replace(str(url.host), str(url.host).lower(), 1))
    return ", ".join(dict.fromkeys(found[:3])) or None


def find_email(text: str) -> str | None:
    """The first valid e-mail address in a text."""
    words = (word.strip(".:!?") for word in re.split(r"[\s,;<>\"'()]+", text) if "@" in word)
    return next(filter(None, map(clean_email, words)), None)


def clean_email(text: str) -> str | None:
    """A text that is an e-mail address and nothing else. Deliverability is not checked: that needs the network."""
    try:
        return str(validate_email(text.strip(), check_deliverability=False).normalized)
    except EmailNotValidError:
        return None


def find_phone(text: str, country: str = "NL") -> str | None:
    """The first valid phone number in a text, in international notation."""
    for match in phonenumbers.PhoneNumberMatcher(text, country):
        if phonenumbers.number_type(match.number) in REACHABLE:
            return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    return None


def find_contact(text: str, country: str = "NL") -> str | None:
    """An e-mail address, else a phone number."""
    return find_email(text) or find_phone(text, country)


def is_question(text: str) -> bool:
    """Whether a text is a question, by its question mark or first word."""
    return text.rstrip().endswith("?") or QUESTION_WORD.match(text.strip()) is not None


def refuses(text: str) -> bool:
    """Whether a visitor does not want to answer: "mijn mail geef ik niet", "I'd rather not"."""
    return REFUSAL.search(text) is not None


def stops(text: str) -> bool:
    """Whether a visitor wants no form: "stop maar", "ik wil geen afspraak", "I don't want an appointment"."""
    return STOP.search(text) is not None


def names_itself(text: str) -> bool:
    """Whether a text says what the name is or should be: "mijn naam moet zijn Jansen"."""
    return NAMES_ITSELF.search(text) is not None and introduces_itself(text)


def introduces_itself(text: str) -> bool:
    """Whether a text begins with an introduction, such as "mijn naam is" or "I'm"."""
    return INTRODUCTION.match(text.strip()) is not None


def clean_name(text: str) -> str | None:
    """A name, without an introduction: letters, spaces and punctuation that names have.

    >>> clean_name("Ik heet Sean O'Neill")
    "Sean O'Neill"
    """
    text = re.sub(r"[\s,]+(?:here|hier)[.!]*$", "", text, flags=re.IGNORECASE)
    name = " ".join(INTRODUCTION.sub("", text.strip()).split()).strip(".,!")
    if (
        name.lower() in NO_NAME
        or not 2 <= len(name) <= 80
        or not re.fullmatch(r"[^\W\d_]+(?:[ '’.\-]+[^\W\d_]+)*\.?", name)
    ):
        return None
    return name


def is_any_moment(text: str) -> bool:
    """Whether any moment suits: "maakt niet uit", "any time"."""
    return ANY_MOMENT.search(text) is not None


def clean_moment(text: str) -> str | None:
    """A preferred moment in the visitor's own words; it must contain a word or a digit."""
    moment = re.sub(
        r"^(?:(?:nee|no|ja|yes|wacht|wait|sorry)[,.!\s]+)+", "", " ".join(text.split()), flags=re.IGNORECASE
    )
    return moment if len(moment) <= MAX_LENGTH and re.search(r"[^\W_]{2,}|\d", moment) else None


def day_of(moment: str, now: datetime) -> date | None:
    """The day that a moment names by weekday or as tomorrow; None without one.

    A weekday is the next one whose time has not passed: "vrijdag 10 uur", said on a Friday evening, is in a week.

    >>> day_of("vrijdag 10 uur", datetime(2026, 11, 27, 20, 0))  # a Friday
    datetime.date(2026, 12, 4)
    """
    match = RELATIVE_DAY.search(moment)
    if match is None or LATER.search(moment):
        return None
    name = match["day"].lower()
    if name in DAYS_AHEAD:
        return now.date() + timedelta(days=DAYS_AHEAD[name])
    ahead = (WEEKDAYS[name] - now.weekday()) % 7
    hour = hour_of(moment)
    is_over = ahead == 0 and now.hour >= (END_OF_DAY if hour is None else hour)
    return now.date() + timedelta(days=7 if is_over else ahead)


def hour_of(moment: str) -> int | None:
    """The hour of a moment, from 0 to 23; None without one. "half drie" has none.

    >>> [hour_of(text) for text in ("vrijdag 10 uur", "Friday 2pm", "om 19:30", "dinsdagochtend")]
    [10, 14, 19, None]
    """
    match = HOUR.search(moment)
    if match is None:
        return None
    hour = int(match["hour"]) + (12 if (match["half"] or "").lower() == "pm" and int(match["hour"]) < 12 else 0)
    return hour if hour < 24 else None


def reads_as_moment(text: str, now: datetime) -> bool:
    """Whether a text names a date or time ("morgen", "Friday 2pm", "nee, toch liever woensdag om tien uur")."""
    return len(text.split()) <= 10 and bool(_dates(text, now))


def _dates(text: str, now: datetime) -> list[datetime]:
    settings = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "future"}
    text = re.sub(PART_OF_DAY, "", LEAD.sub("", text.strip()), flags=re.IGNORECASE).strip(" .,!")
    if not re.search(r"\w{3}|\d", text):
        return []
    whole = dateparser.parse(text, languages=["nl", "en"], settings=settings)
    if whole is not None:
        return [whole]
    found = search_dates(text, languages=["nl", "en"], settings=settings) or []
    return [moment for words, moment in found if re.search(r"[a-z]{4}|\d\D+\d|\d{2}", words.lower())]


def is_past(moment: str, now: datetime) -> bool:
    """Whether a moment is a past date ("gisteren", "1 januari 2020"). An unreadable one is not."""
    if PAST.match(moment.strip()):
        return True
    dates = _dates(moment, now)
    return bool(dates) and all(date.date() < now.date() for date in dates)
