"""From a filled-in form to a stored request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.forms.dialogue import FIELDS, Kind
from bot.forms.working_days import add_working_days
from bot.knowledge import Language, load_knowledge
from bot.settings import settings
from bot.storage.requests import Request, intake_store


@dataclass(frozen=True)
class Submitted:
    """A request that is on disk: its number, the day it is due, and whether it is new."""

    number: int
    due: date
    new: bool


def now() -> datetime:
    """The present time where the agency works."""
    return datetime.now(ZoneInfo(settings().time_zone))


def submit(
    kind: Kind, fields: Mapping[str, str], *, conversation: str, language: Language, phase: str | None
) -> Submitted:
    """Stores a request with what consent was asked for; on disk when this returns. May block on the database.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError if it could not be stored.
    """
    agency = load_knowledge(settings().knowledge).agency
    request = Request(
        kind=kind,
        conversation=conversation,
        language=language,
        phase=phase,
        fields={name: fields[name] for name in FIELDS[kind] if name not in ("consent", "confirmed")},
        due=add_working_days(now().date(), agency.competitor_check_working_days, agency.country),
        consent_text=agency.privacy.in_(language),
    )
    number, new = intake_store(settings().intake_db).add(request)
    return Submitted(number, request.due, new)
