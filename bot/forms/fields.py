"""The fields of the two forms: how each is parsed, and the keys of the texts about it.

Both ways to fill in a form use this table: question by question (dialogue.py) and all at once (modal.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from bot.forms import parsing
from bot.forms.working_days import format_day
from bot.knowledge import Language

Kind = Literal["competitor_check", "appointment"]


class ParseContext(NamedTuple):
    """Where and when a text was written: the country decides on phone numbers, the time on past moments."""

    country: str
    now: datetime
    language: Language = "nl"


class Parsed(NamedTuple):
    """The clean value of a field, or else the phrase key of the problem."""

    value: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Field:
    """A field of a form. Its name is also that of the Rasa slot and of the column in exports."""

    name: str
    problem: str
    """Phrase key: what is wrong with a text without a valid value."""
    clean: Callable[[str, ParseContext], str | None] | None = None
    """Finds the clean value in a text; None for a yes-or-no question."""
    found_anywhere: bool = False
    """Whether the value is recognised within any sentence, also before it was asked for."""
    in_future: bool = False
    """Whether the value is a moment that must not have passed."""
    input: Literal["text", "name", "email", "url"] = "text"
    """What is typed, for the keyboard of a phone and the browser's completion."""

    @property
    def is_text(self) -> bool:
        """Whether the visitor types a value, rather than answering yes or no."""
        return self.clean is not None

    @property
    def question(self) -> str:
        """Phrase key of the question for this field."""
        return f"ask_{self.name}"

    @property
    def example(self) -> str:
        """Phrase key of a valid value, to show in an empty box."""
        return f"example_{self.name}"

    @property
    def label(self) -> str:
        """Phrase key of the name of this field in a summary."""
        return f"label_{self.name}"

    def parse(self, text: str, context: ParseContext) -> Parsed:
        """Parses what a visitor typed for this field.

        >>> MOMENT.parse("gisteren", ParseContext("NL", datetime(2026, 11, 27)))
        Parsed(value=None, problem='past_moment')
        """
        value = self.clean(text, context) if self.clean else None
        if value is None:
            return Parsed(problem=self.problem)
        if self.in_future and parsing.is_past(value, context.now):
            return Parsed(problem="past_moment")
        return Parsed(value)


def _dated_moment(text: str, context: ParseContext) -> str | None:
    """A moment, with the date if it names a day only: "vrijdag 10 uur (vrijdag 4 december)"."""
    moment = parsing.clean_moment(text)
    day = parsing.day_of(moment, context.now) if moment else None
    return f"{moment} ({format_day(day, context.language)})" if day and day >= context.now.date() else moment


COMPETITOR_URL = Field(
    "competitor_url", "invalid_url", lambda text, _: parsing.find_urls(text), found_anywhere=True, input="url"
)
EMAIL = Field("email", "invalid_email", lambda text, _: parsing.find_email(text), found_anywhere=True, input="email")
CONSENT = Field("consent", "consent_needed")
NAME = Field("name", "invalid_name", lambda text, _: parsing.clean_name(text), input="name")
CONTACT = Field(
    "contact",
    "invalid_contact",
    lambda text, context: parsing.find_contact(text, context.country),
    found_anywhere=True,
    input="email",
)
MOMENT = Field("moment", "invalid_moment", lambda text, context: _dated_moment(text, context), in_future=True)
CONFIRMED = Field("confirmed", "invalid_yes_no")

FORMS: Mapping[Kind, tuple[Field, ...]] = {
    "competitor_check": (COMPETITOR_URL, EMAIL, CONSENT, CONFIRMED),
    "appointment": (NAME, CONTACT, MOMENT, CONFIRMED),
}
"""The fields of each form, in the order in which they are asked."""


def place(kind: Kind, field: Field) -> tuple[int, int] | None:
    """Which of how many questions of a form asks for a field: (2, 3). None for the confirmation at the end.

    >>> place("appointment", CONTACT)
    (2, 3)
    """
    questions = [asked for asked in FORMS[kind] if asked is not CONFIRMED]
    return (questions.index(field) + 1, len(questions)) if field in questions else None


FIELDS: Mapping[str, Field] = {field.name: field for fields in FORMS.values() for field in fields}
"""All fields by name."""
