"""Dates where the agency works; weekends and public holidays are no working days."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import cache

import holidays
from babel.dates import format_date

from bot.knowledge import LOCALES, Language
from bot.knowledge.models import Agency


def is_working_day(day: date, country: str = "NL") -> bool:
    """Whether a day is neither in a weekend nor a public holiday of `country` (ISO code)."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> Container[date]:
    return holidays.country_holidays(country, years=year)  # computes a year in a millisecond or so


def is_open(moment: datetime, agency: Agency) -> bool:
    """Whether somebody of the agency is there at a local moment."""
    return is_working_day(moment.date(), agency.country) and agency.opens <= moment.hour < agency.closes


def add_working_days(start: date, days: int, country: str = "NL") -> date:
    """The day that is `days` working days after `start`, which itself does not count.

    >>> add_working_days(date(2026, 12, 24), 1)  # a Thursday; Friday is Christmas
    datetime.date(2026, 12, 28)
    """
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day, country)
    return day


def format_day(day: date, language: Language) -> str:
    """A date written out, such as woensdag 25 november or Wednesday 25 November."""
    return str(format_date(day, "EEEE d MMMM", locale=LOCALES[language]))
