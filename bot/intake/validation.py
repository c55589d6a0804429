"""Checks what visitors fill in. Each function returns the clean value, or None if there is none in the text."""

from __future__ import annotations

import re
from datetime import datetime

import dateparser
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import HttpUrl, ValidationError, parse_obj_as

MAX_LENGTH = 200

INTRODUCTION = re.compile(
    r"^(?:hoi|hallo|hello|hi)?[,!\s]*"
    r"(?:ik heet|ik ben|mijn naam is|m'n naam is|dit is|met|my name is|i am|i'm|it's|this is)\s+",
    re.IGNORECASE,
)


def find_urls(text: str) -> str | None:
    """The web addresses in a text, with https:// where none stood, joined by commas. Nothing is fetched."""
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
    """The first valid e-mail address in a text. Whether it can receive mail is not checked: no network."""
    for word in re.split(r"[\s,;<>\"'()]+", text):
        if "@" in word:
            try:
                return str(validate_email(word.strip(".:!?"), check_deliverability=False).normalized)
            except EmailNotValidError:
                continue
    return None


def find_phone(text: str, country: str = "NL") -> str | None:
    """The first valid phone number in a text, in international notation."""
    match = next(iter(phonenumbers.PhoneNumberMatcher(text, country)), None)
    if match is None:
        return None
    return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def find_contact(text: str, country: str = "NL") -> str | None:
    """An e-mail address, else a phone number."""
    return find_email(text) or find_phone(text, country)


def clean_name(text: str) -> str | None:
    """A name: letters, spaces, and what stands between them in names. "Ik heet" and the like are left out."""
    name = " ".join(INTRODUCTION.sub("", text.strip()).split()).strip(".,!")
    if not 2 <= len(name) <= 80 or not re.fullmatch(r"[^\W\d_]+(?:[ '’.\-]+[^\W\d_]+)*\.?", name):
        return None
    return name


def clean_moment(text: str) -> str | None:
    """A preferred moment in the visitor's own words; something must be readable in it."""
    moment = " ".join(text.split())
    return moment if len(moment) <= MAX_LENGTH and re.search(r"[^\W_]{2,}|\d", moment) else None


def is_past(moment: str, now: datetime) -> bool:
    """Whether a moment is a date that has passed ("gisteren", "1 januari 2020"). What can't be read is not past."""
    parsed = dateparser.parse(
        moment,
        languages=["nl", "en"],
        settings={"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "future"},
    )
    return parsed is not None and parsed.date() < now.date()
