"""A request of a visitor, as it is stored and handed to the team."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.forms.fields import FORMS, Kind
from bot.forms.working_days import add_working_days
from bot.knowledge import Language
from bot.knowledge.models import Agency


@dataclass(frozen=True)
class Request:
    """A request: what the visitor filled in, where, and when it is due."""

    kind: Kind
    conversation: str
    language: str
    phase: str | None
    fields: Mapping[str, str]
    due: date
    consent_text: str | None = None

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests of one conversation, so that a repeated confirmation does not store a second one."""
        content = json.dumps([self.kind, self.conversation, dict(self.fields)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def consent_version(self) -> str | None:
        """Short hash of the consent text: it changes when the text changes."""
        return hashlib.sha256(self.consent_text.encode()).hexdigest()[:8] if self.consent_text else None


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: the conversation, its language, and the phase that it is about."""

    conversation: str
    language: Language
    phase: str | None


def working_days_to_answer(kind: Kind, agency: Agency) -> int:
    """The number of working days within which the agency answers a request."""
    return agency.competitor_check_working_days if kind == "competitor_check" else agency.appointment_working_days


def build_request(kind: Kind, values: Mapping[str, object], origin: Origin, agency: Agency, today: date) -> Request:
    """The request of a completed form.

    Args:
        kind: The form.
        values: Valid values by field name.
        origin: Where it comes from.
        agency: Gives the term in working days and the consent text.
        today: The local date of the agency.
    """
    return Request(
        kind=kind,
        conversation=origin.conversation,
        language=origin.language,
        phase=origin.phase,
        fields={field.name: str(values[field.name]) for field in FORMS[kind] if field.is_text},
        due=add_working_days(today, working_days_to_answer(kind, agency), agency.country),
        consent_text=agency.privacy.localized(origin.language),
    )
