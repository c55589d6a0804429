"""Working days: weekends and public holidays do not count."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
from babel.dates import format_date

from bot.knowledge import Language


def is_working_day(day: date, country: str = "NL") -> bool:
    """Whether people work: no weekend, no public holiday of `country` (ISO code, checked with the knowledge base)."""
    return day.weekday() < 5 and day not in holidays.country_holidays(country, years=day.year)


def add_working_days(start: date, days: int, country: str = "NL") -> date:
    """The last day of a term of `days` working days after `start`; the day itself does not count."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day, country)
    return day


def in_words(day: date, language: Language) -> str:
    """A date as people say it: woensdag 25 november, Wednesday 25 November."""
    return str(format_date(day, "EEEE d MMMM", locale="nl_NL" if language == "nl" else "en_GB"))
