"""Exports of requests and votes for a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from bot.cli.common import console, escape_formula
from bot.settings import settings

if TYPE_CHECKING:
    from bot.storage.visits import Visit

intake = typer.Typer(no_args_is_help=True, help="Requests of visitors.")
feedback = typer.Typer(no_args_is_help=True, help="Votes of visitors.")


@intake.command("list")
def intake_list() -> None:
    """Show the requests, the oldest first."""
    from bot.storage.requests import RequestStore

    columns = ("number", "kind", "received (UTC)", "due", "language", "phase", "consent", "page", "details")
    table = Table(*columns, title="Requests")
    for stored in RequestStore(settings().intake_db).all():
        r = stored.request
        details = ", ".join(f"{k}: {v}" for k, v in r.fields.items())
        received = f"{stored.created_at:%Y-%m-%d %H:%M}"
        facts = (received, str(r.due), r.language, r.phase or "", r.consent_version or "")
        page = stored.visit.address if stored.visit else ""
        table.add_row(str(stored.number), r.kind, *facts, escape(page), escape(details))
    console.print(table if table.row_count else "There are no requests yet.")


@intake.command("export")
def intake_export(file: Path = typer.Argument(..., help="The CSV file to write.")) -> None:
    """Write the requests to a CSV file that a spreadsheet opens."""
    from bot.forms.fields import FIELDS
    from bot.storage.requests import RequestStore
    from bot.storage.visits import CAMPAIGN

    names = [field.name for field in FIELDS.values() if field.is_text]
    consent = ["consented_utc", "consent_version", "consent_text"]
    visit = ["page", "page_title", "referrer", *CAMPAIGN]
    columns = ["number", "kind", "received_utc", "due", "language", "phase", "conversation", *consent, *names, *visit]
    count = 0
    with file.open("w", newline="", encoding="utf-8-sig") as target:  # with a byte order mark, for Excel
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        for stored in RequestStore(settings().intake_db).all():
            r = stored.request
            facts = (stored.number, r.kind, stored.created_at.isoformat(" ", "seconds"), r.due, r.language, r.phase)
            consented = stored.consented_at.isoformat(" ", "seconds") if stored.consented_at else None
            agreed = (consented, r.consent_version, r.consent_text)
            row: dict[str, object] = dict(zip(columns, (*facts, r.conversation, *agreed), strict=False))
            texts = {**r.fields, **_columns(stored.visit)}
            row |= {name: escape_formula(value) for name, value in texts.items()}
            writer.writerow(row)
            count += 1
    console.print(f"{count} requests written to {file}")


def _columns(visit: Visit | None) -> dict[str, str]:
    if visit is None:
        return {}
    return {"page": visit.address, "page_title": visit.title, "referrer": visit.referrer, **visit.campaign}


@feedback.command("export")
def feedback_export(file: Path = typer.Argument(..., help="The CSV file to write.")) -> None:
    """Write the votes to a CSV file that a spreadsheet opens: vote and why, question and answer."""
    from bot.presentation import markdown
    from bot.storage.messages import MessageStore

    count = 0
    with file.open("w", newline="", encoding="utf-8-sig") as target:
        writer = csv.writer(target)
        columns = ["vote", "reason", "comment", "answered_utc", "language", "about", "phase", "question", "answer"]
        writer.writerow([*columns, "conversation"])
        for given, asked in MessageStore(settings().messages_db).votes():
            if given.answer is None:
                continue
            question, said = escape_formula(asked.text or "") if asked else "", markdown.render(given.answer).text
            facts = (given.answer.language, given.answer.about, given.answer.phase, question, escape_formula(said))
            vote = (given.vote, given.reason, escape_formula(given.comment or ""))
            writer.writerow([*vote, given.at.isoformat(" ", "seconds"), *facts, given.conversation])
            count += 1
    console.print(f"{count} votes written to {file}")
