"""Working days: weekends, Dutch holidays, and the end of the year."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.forms.working_days import add_working_days, format_day, is_open, is_working_day
from bot.knowledge import Knowledge


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 11, 23), date(2026, 11, 26)),  # Monday: an ordinary week
        (date(2026, 11, 19), date(2026, 11, 24)),  # Thursday: over a weekend
        (date(2026, 11, 21), date(2026, 11, 25)),  # Saturday: counting begins on Monday
        (date(2026, 12, 23), date(2026, 12, 29)),  # Christmas (Friday) and Boxing Day (Saturday)
        (date(2025, 12, 30), date(2026, 1, 5)),  # New Year's Day, a Thursday, and a weekend
        (date(2026, 4, 2), date(2026, 4, 9)),  # Good Friday and Easter Monday
        (date(2027, 4, 23), date(2027, 4, 29)),  # King's Day, a Tuesday
    ],
)
def test_three_working_days_skip_weekends_and_holidays(start: date, expected: date) -> None:
    assert add_working_days(start, 3) == expected


def test_kings_day_is_no_working_day() -> None:
    assert not is_working_day(date(2026, 4, 27))


def test_belgium_works_on_kings_day() -> None:
    assert is_working_day(date(2026, 4, 27), "BE")


def test_a_date_is_written_as_people_say_it() -> None:
    assert format_day(date(2026, 11, 25), "nl") == "woensdag 25 november"
    assert format_day(date(2026, 11, 25), "en") == "Wednesday 25 November"


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (datetime(2026, 11, 23, 8, 59), False),  # a Monday
        (datetime(2026, 11, 23, 9, 0), True),
        (datetime(2026, 11, 23, 16, 59), True),
        (datetime(2026, 11, 23, 17, 0), False),
        (datetime(2026, 11, 28, 12, 0), False),  # a Saturday
        (datetime(2026, 12, 25, 12, 0), False),  # Christmas, a Friday
    ],
)
def test_the_agency_is_open_in_its_hours_on_working_days(moment: datetime, open_: bool, knowledge: Knowledge) -> None:
    assert is_open(moment, knowledge.agency) is open_
