"""A form that is filled in all at once, in a window with fields, instead of question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.forms.fields import CONSENT, FORMS, Kind, ParseContext


@dataclass(frozen=True)
class FormResult:
    """The clean values by field name, and the phrase key of the problem for each invalid field."""

    values: Mapping[str, str]
    problems: Mapping[str, str]


def validate(kind: Kind, typed: Mapping[str, str | bool], context: ParseContext) -> FormResult:
    """Parses all fields of a form; submitting the window is the confirmation."""
    parsed = {
        field.name: field.parse(str(typed.get(field.name) or ""), context) for field in FORMS[kind] if field.is_text
    }
    problems = {name: result.problem for name, result in parsed.items() if result.problem}
    if CONSENT in FORMS[kind] and not typed.get(CONSENT.name):
        problems[CONSENT.name] = CONSENT.problem
    return FormResult({name: result.value for name, result in parsed.items() if result.value}, problems)
