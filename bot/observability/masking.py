"""Finds and masks e-mail addresses and phone numbers in text."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberMatch, PhoneNumberMatcher

EMAIL = re.compile(r"(\w)[\w.!#$%&'*+/=?^`{|}~-]{0,63}@(\w)[\w-]{0,62}(?:\.[\w-]{1,63}){0,8}\.([^\W\d_]{2,63})")
"""Repetitions are bounded, against quadratic run time."""

DATE = re.compile(r"\b\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d\b")
"""Dates are excluded: 01-02-2026 10:30 is also a valid phone number in Rotterdam."""

COUNTRIES = ("NL", "BE")
"""Countries of numbers without a country code; a number valid in both yields both."""

FEWEST_DIGITS = 9
"""Shorter numbers are services (112, 14 020, 0800-1234) or not phone numbers."""


def mask(text: str) -> str:
    """Masks e-mail addresses and phone numbers.

    Example:
        >>> mask("jan@zaak.nl of 06 12345678")
        'j…@z….nl of 06 … 78'
    """
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
    """Masks, as a structlog processor, every string of a log event, formatted exceptions included."""
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = mask(value)
    return event


def _phones(text: str, country: str) -> Iterator[PhoneNumberMatch]:
    """Valid phone numbers in a text; prices, years and order numbers are excluded."""
    for match in PhoneNumberMatcher(text, country):
        if len(_digits(match.raw_string)) >= FEWEST_DIGITS and not DATE.search(match.raw_string):
            yield match


def _masked(number: str) -> str:
    digits = _digits(number)
    opening = "(" if number.startswith("(") and ")" not in number else ""
    return f"{opening}{'+' if '+' in number else ''}{digits[:2]} … {digits[-2:]}"


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
