"""The command that reads a report and shows the funnel: `klantkompas quickscan FILE`."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markdown import Markdown

from bot.cli.common import console, errors, valid_knowledge
from bot.knowledge import Language

app = typer.Typer()


@app.command()
def quickscan(
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="CSV export of GA4, Google Ads, Shopify or so."),
    business: str = typer.Option("webshop", help="Kind of business, by its name in business_types.yml."),
    language: str = typer.Option("nl", help="nl or en."),
) -> None:
    """Add up an exported report, and show where the funnel leaks. Only the sums are used; nothing is stored."""
    from bot.advice.case import Case
    from bot.advice.quickscan import scan_for, sums_read
    from bot.advice.quickscan_outcome import outcome
    from bot.advice.situation import Situation
    from bot.presentation import markdown
    from bot.reports import ReportError, read

    knowledge = valid_knowledge()
    if business not in knowledge.business_types:
        raise typer.BadParameter(f"expected one of {', '.join(knowledge.business_types)}", param_hint="--business")
    try:
        report = read(file.read_bytes(), knowledge)
    except ReportError as error:
        errors.print(f"{file.name}: {error}", style="red", markup=False)
        raise typer.Exit(1) from error
    told: Language = "en" if language == "en" else "nl"
    situation = Situation(knowledge, told, business_type=business, case=Case().with_facts(report.facts))
    console.print(sums_read(report.facts, report.rows, situation), markup=False)
    console.print(Markdown(markdown.render(outcome(situation, scan_for(situation)).answer).text))
