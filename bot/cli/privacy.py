"""Retention and data subject requests."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer
from rich.markup import escape
from rich.table import Table

from bot.cli.common import console, errors
from bot.settings import settings

if TYPE_CHECKING:
    from bot.privacy.records import PersonalData, Records

app = typer.Typer(no_args_is_help=True, help="Personal data: how long it is kept, and one person's.")


WHO = typer.Argument(
    ...,
    help="E-mail address, phone number, request:12, id of a conversation or of a user in Slack, "
    "or what the chat keeps in the visitor's browser.",
)


@app.command("purge")
def purge(
    days: Optional[int] = typer.Option(None, min=1, max=36500, help="Instead of KLANTKOMPAS_RETENTION_DAYS."),
) -> None:
    """Delete conversations and requests after the retention period. A running server does so every day."""
    from bot.privacy.records import Records, retention_cutoff

    days = days or settings().retention_days
    console.print(
        f"Older than {days} days, so deleted: {Records.of(settings()).purge(retention_cutoff(days))}.", highlight=False
    )


@app.command("export")
def export(who: str = WHO, file: Path = typer.Argument(..., help="The JSON file to write.")) -> None:
    """Write all that is kept of one person to a file that people can read."""
    found = _found(who)
    content = _records().export(found)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        json.dump(content, target, ensure_ascii=False, indent=2)
    console.print(
        f"Written to {file}. Look it through first: conversations may name other people too.", highlight=False
    )


@app.command("forget")
def forget(who: str = WHO, yes: bool = typer.Option(False, "--yes", help="Don't ask first.")) -> None:
    """Delete all that is kept of one person, after showing it."""
    found = _found(who)
    store = _records()
    posts = store.posts(found)
    if not yes and not typer.confirm("Delete all this, for good?"):
        console.print("Nothing was deleted.")
        raise typer.Exit(1)
    console.print(f"Deleted: {store.forget(found)}.", highlight=False)
    if found.handled:
        console.print(f"Forgot who handled {len(found.handled)} requests in Slack.", highlight=False)
    if found.taken:
        console.print(f"Forgot who took over {len(found.taken)} conversations that have ended.", highlight=False)
    if store.find(found.person):
        errors.print("[red]Something is left[/red]: perhaps they are chatting at this moment. Run this again.")
        raise typer.Exit(1)
    console.print("Looked again: nothing is left in the databases.")
    for channel, _, at in (post.partition(" ") for post in posts):
        console.print(f"Delete by hand in Slack: in channel {channel} the message of {at}.", highlight=False)


def _records() -> Records:
    from bot.privacy.records import Records

    return Records.of(settings())


def _found(who: str) -> PersonalData:
    """All data of a person, shown. Ends the command if there is none, or if `who` identifies nobody."""
    from bot.errors import UnknownPersonError
    from bot.privacy.person import Person

    try:
        person = Person.of(who)
    except UnknownPersonError as error:
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(2) from error
    with console.status("Looking ..."):
        found = _records().find(person)
    if not found:
        console.print(f"Nothing is kept of {who}.", markup=False, highlight=False)
        raise typer.Exit(1)
    if found.requests:
        requests = Table("number", "kind", "received (UTC)", "details", title="Requests")
        for stored in found.requests:
            details = ", ".join(stored.request.fields.values())
            requests.add_row(
                str(stored.number), stored.request.kind, f"{stored.created_at:%Y-%m-%d %H:%M}", escape(details)
            )
        console.print(requests)
    if found.conversations:
        conversations = Table(
            "conversation", "messages", "tracker events", "last message of the visitor", title="Conversations"
        )
        for conversation in found.conversations:
            words = next((m.text for m in reversed(conversation.messages) if m.text), "")
            conversations.add_row(
                escape(conversation.id),
                str(len(conversation.messages)),
                str(len(conversation.events)),
                escape(words[:80]),
            )
        console.print(conversations)
    if found.handled:
        console.print(f"Handled requests in Slack: {', '.join(map(str, found.handled))}.", highlight=False)
    if found.taken:
        console.print(f"Took over conversations: {len(found.taken)}.", highlight=False)
    return found
