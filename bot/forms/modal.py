"""A form that is filled in at once, as in a window with fields, instead of question by question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.forms import parsing as validation
from bot.forms.dialogue import FIELDS, Kind


@dataclass(frozen=True)
class Checked:
    """The clean values by field, and for each field that is not right the key of the phrase that says why."""

    fields: Mapping[str, str]
    problems: Mapping[str, str]


def check(kind: Kind, typed: Mapping[str, str | bool], country: str, now: datetime) -> Checked:
    """Checks every field of a form but the confirmation, which sending it is."""
    clean: Mapping[str, Callable[[str], str | None]] = {
        "competitor_url": validation.find_urls,
        "email": validation.find_email,
        "name": validation.clean_name,
        "contact": lambda text: validation.find_contact(text, country),
        "moment": validation.clean_moment,
    }
    fields: dict[str, str] = {}
    problems: dict[str, str] = {}
    for field in FIELDS[kind]:
        if field == "consent" and not typed.get(field):
            problems[field] = "consent_needed"
        elif field in clean:
            value = clean[field](str(typed.get(field) or ""))
            if value is None:
                problems[field] = f"invalid_{field.removeprefix('competitor_')}"
            elif field == "moment" and validation.is_past(value, now):
                problems[field] = "past_moment"
            else:
                fields[field] = value
    return Checked(fields, problems)
