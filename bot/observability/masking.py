"""E-mail addresses and phone numbers in running text: found, and made unreadable where nobody needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberMatch, PhoneNumberMatcher

EMAIL = re.compile(r"(\w)[\w.!#$%&'*+/=?^`{|}~-]{0,63}@(\w)[\w-]{0,62}(?:\.[\w-]{1,63}){0,8}\.([^\W\d_]{2,63})")
"""With bounds, so that a long text takes no long time."""

DATE = re.compile(r"\b\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d\b")
"""01-02-2026 10:30 would be a phone number in Rotterdam."""

COUNTRIES = ("NL", "BE")
"""Where a number without a country code may be from. One that fits both is taken for both."""

FEWEST_DIGITS = 9
"""Of a phone number. Shorter ones are services (112, 14 020, 0800-1234), or no phone numbers at all."""


def mask(text: str) -> str:
    """The text with e-mail addresses as j…@z….nl and phone numbers as 06 … 78; all else stays."""
    if "@" in text:
        text = EMAIL.sub(r"\1…@\2….\3", text)
    for country in COUNTRIES:
        for match in reversed(list(_phones(text, country))):
            text = text[: match.start] + _masked(match.raw_string) + text[match.end :]
    return text


def phone_numbers(text: str) -> set[str]:
    """The phone numbers in a text in international notation without spaces: +31612345678."""
    form = phonenumbers.PhoneNumberFormat.E164
    found = (match.number for country in COUNTRIES for match in _phones(text, country))
    return {str(phonenumbers.format_number(number, form)) for number in found}


def mask_event(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: masks every text of a log line, also an exception that was formatted before."""
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = mask(value)
    return event


def _phones(text: str, country: str) -> Iterator[PhoneNumberMatch]:
    """Valid phone numbers. Prices, years, order numbers and the like are none."""
    for match in PhoneNumberMatcher(text, country):
        if len(_digits(match.raw_string)) >= FEWEST_DIGITS and not DATE.search(match.raw_string):
            yield match


def _masked(number: str) -> str:
    digits = _digits(number)
    opening = "(" if number.startswith("(") and ")" not in number else ""
    return f"{opening}{'+' if '+' in number else ''}{digits[:2]} … {digits[-2:]}"


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
