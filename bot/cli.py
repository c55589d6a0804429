"""The commands: `python -m bot COMMAND`. Rasa takes seconds to import, so each command imports what it needs."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import sys
from collections.abc import Iterator, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from bot.knowledge import KnowledgeError, load_knowledge
from bot.lean import with_one_thread, without_tensorflow
from bot.model import model_path
from bot.quiet import quiet
from bot.settings import ROOT, settings

if TYPE_CHECKING:
    from bot.privacy.records import Found, Records

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Klantkompas, the customer journey advisor.")
intake_app = typer.Typer(no_args_is_help=True, help="Requests of visitors.")
app.add_typer(intake_app, name="intake")
feedback_app = typer.Typer(no_args_is_help=True, help="Thumbs of visitors.")
app.add_typer(feedback_app, name="feedback")
privacy_app = typer.Typer(no_args_is_help=True, help="Personal data: how long it is kept, and one person's.")
app.add_typer(privacy_app, name="privacy")
console = Console()
errors = Console(stderr=True)

TRAINING_LOG = ROOT / "var" / "train.log"


@app.callback()
def _main() -> None:
    quiet()


def _checked_knowledge() -> None:
    """Ends with a readable list if the knowledge base is faulty."""
    try:
        load_knowledge()
    except KnowledgeError as error:
        errors.print("[red]The knowledge base has faults:[/red]")
        for fault in error.faults:
            errors.print(f"  • {fault}", markup=False, highlight=False)
        raise typer.Exit(1) from error


@contextlib.contextmanager
def _log_of_training() -> Iterator[None]:
    """Rasa's progress bars go to a file."""
    TRAINING_LOG.parent.mkdir(parents=True, exist_ok=True)
    with TRAINING_LOG.open("w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        yield


def _model(force: bool = False) -> Path:
    """The model for the present files, trained if there is none."""
    _checked_knowledge()
    path = model_path()
    if path.exists() and not force:
        return path
    console.print("Something changed since the last training, so the advisor learns again. This takes a few minutes.")
    try:
        # The spinner writes to the real screen, while what Rasa prints goes to the log.
        with Console(file=sys.__stdout__).status("Training …"), _log_of_training():
            from bot import assistant

            assistant.train()
    except Exception as error:
        errors.print(f"[red]Training failed:[/red] {error}. The whole story stands in {TRAINING_LOG}.")
        raise typer.Exit(1) from error
    return path


@app.command()
def train(force: bool = typer.Option(False, help="Also if nothing changed.")) -> None:
    """Train the model, if something changed since the last time."""
    path = _model(force)
    console.print(f"The model is up to date: {path.relative_to(ROOT)}")


@app.command()
def serve() -> None:
    """Serve the advisor; trains first if needed. Ctrl-C stops everything."""
    model = _model()
    with console.status("Loading the advisor …"):
        with_one_thread()
        without_tensorflow()
        from bot import logs
        from bot.channels.website.pages import NotBuilt
        from bot.server import create_app

        logs.set_up(settings().log)
        try:
            server = create_app(model)
        except NotBuilt as error:
            errors.print(str(error), style="red")
            raise typer.Exit(1) from error
    address = f"http://{settings().host}:{settings().port}"
    started = False

    @server.listener("after_server_start")
    async def announce(*_: object) -> None:
        nonlocal started
        started = True
        console.print(f"[green]Klantkompas is ready:[/green] [bold]{address}[/bold] shows it on a website.")
        for channel in server.ctx.input_channels:
            if state := getattr(channel, "state", None):
                console.print(state)
        console.print(f"The chat alone: {address}/chat. In a terminal: [bold]make chat[/bold]. Ctrl-C stops.")

    server.run(host=settings().host, port=settings().port, access_log=False, motd=False)
    if not started:  # Sanic has told why, and ends as if nothing were wrong
        raise typer.Exit(1)


@app.command()
def chat() -> None:
    """Chat in the terminal; a number presses a button."""
    model = _model()
    with console.status("Loading the advisor …"):
        with_one_thread()
        without_tensorflow()
        from bot import assistant
        from bot.channels import conversation
        from bot.presentation import markdown

    async def talk() -> None:
        with console.status("Loading the advisor …"):
            agent = await assistant.load(model)
        console.print("Typ je vraag (of een nummer voor een knop). Een lege regel stopt. / An empty line stops.\n")
        buttons: list[dict[str, str]] = []
        while text := (await asyncio.to_thread(console.input, "[bold]> [/bold]")).strip():
            if text.isdigit() and 0 < int(text) <= len(buttons):
                text = buttons[int(text) - 1]["payload"]
            buttons = []
            for answer in await conversation.answer(agent, text, "terminal", "shell"):
                rendered = markdown.render(answer)
                console.print(Markdown(rendered.text))
                for button in rendered.buttons:
                    buttons.append(button)
                    console.print(f"  [cyan]{len(buttons)}[/cyan] {button['title']}")
            console.print()

    with contextlib.suppress(EOFError, KeyboardInterrupt):
        asyncio.run(talk())


@app.command()
def evaluate(
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="JSON lines with lang, text and label."),
    against: Optional[str] = typer.Option(None, help="'default': compare with Rasa's default pipeline (takes hours)."),
    one_in: int = typer.Option(1, min=1, help="With --against: train both on one example in so many, to save time."),
    folder: Path = typer.Option(ROOT / "var" / "evaluation", help="Where the picture and the wrong rows go."),
) -> None:
    """Measure how well utterances are understood that the advisor was not trained on."""
    if against not in (None, "default"):
        raise typer.BadParameter("expected 'default'", param_hint="--against")
    model = _model() if against is None or one_in == 1 else None
    with console.status("Evaluating ..."):
        from bot import assistant
        from bot.quality import evaluation, experiment, report

    try:
        utterances = list(evaluation.read(file))
    except evaluation.EvaluationFileError as error:
        errors.print(str(error), style="red")
        raise typer.Exit(1) from error
    folder.mkdir(parents=True, exist_ok=True)
    models: dict[str, Path] = {}
    if against:
        status = "Training Rasa's default pipeline ..." if model else "Training ours and Rasa's default pipeline ..."
        with Console(file=sys.__stdout__).status(status), _log_of_training():
            models = experiment.train_both(folder / "models", one_in, ours=model)
    elif model:
        models = {"ours": model}

    async def measure(path: Path) -> list[evaluation.Result]:
        return await evaluation.evaluate(await assistant.load(path), utterances)

    with console.status("Evaluating ..."):
        results = {name: asyncio.run(measure(path)) for name, path in models.items()}
    ours = results["ours"]
    console.print(report.summary_table(f"{file.name}: {len(ours)} utterances", results))
    if against:
        console.print(report.errors_table(ours, results["default"]))
    console.print(report.labels_table(ours))
    console.print(report.confusions_table(ours))
    wrong, picture = folder / f"{file.stem}-wrong.csv", folder / f"{file.stem}-confusions.png"
    number = report.write_wrong(ours, wrong)
    report.draw_confusions(ours, picture)
    console.print(f"The {number} wrong rows stand in {wrong}, the picture of the confusions in {picture}.")


@app.command()
def calibrate(
    folds: int = typer.Option(5, min=2, help="In how many parts the examples are cut; each takes some minutes."),
    folder: Path = typer.Option(ROOT / "docs" / "understanding", help="Where the curves are kept."),
) -> None:
    """Cross-validate, and choose the temperature and the thresholds anew."""
    _checked_knowledge()
    with Console(file=sys.__stdout__).status(f"Training {folds} times ..."), _log_of_training():
        from bot.quality import calibration, experiment

        heard = experiment.cross_validate(folds)
    relative = calibration.temperature(heard)
    soft = [calibration.Heard(meant, calibration.soften(p, relative)) for meant, p in heard]
    table = Table("", "before", "after", title=f"{len(heard)} utterances, each heard by a model that never saw it")
    for name, measure in (("log loss", calibration.log_loss), ("calibration error", calibration.calibration_error)):
        table.add_row(name, f"{measure(heard):.3f}", f"{measure(soft):.3f}")
    console.print(table)
    folder.mkdir(parents=True, exist_ok=True)
    scope, phases = calibration.scope_curve(soft), calibration.phase_curve(soft)
    calibration.write(scope, folder / "out_of_scope.csv")
    calibration.write(phases, folder / "phases.csv")
    chosen = calibration.choose(scope, phases)
    console.print(f"config.yml: temperature: the present one times {relative}")
    console.print(f"config.yml: out_of_scope_from: {chosen.out_of_scope_from}")
    console.print(f"bot/advice/diagnosis.py: SURE_SHARE = {chosen.sure_share}, CLEAR_SHARE = {chosen.clear_share}")


@app.command("check-knowledge")
def check_knowledge(folder: Optional[Path] = typer.Argument(None, help="Another folder than the one in use.")) -> None:
    """Check the knowledge base; names file, key and what is expected for every fault."""
    try:
        knowledge = load_knowledge(folder)
    except KnowledgeError as error:
        for fault in error.faults:
            errors.print(fault, markup=False, highlight=False)
        raise typer.Exit(1) from error
    counts: dict[str, Sized] = {
        "phases": knowledge.phases,
        "stages": knowledge.stages,
        "channels": knowledge.channels,
        "metrics": knowledge.metrics,
        "frequently asked questions": knowledge.faq,
        "kinds of business": knowledge.business_types,
        "benchmarks": knowledge.benchmarks,
        "cues": knowledge.cues,
        "sources": knowledge.sources,
    }
    console.print("The knowledge base is in order: " + ", ".join(f"{len(v)} {k}" for k, v in counts.items()) + ".")


@intake_app.command("list")
def intake_list() -> None:
    """Show the requests, the oldest first."""
    from bot.intake.storage import intake_store

    columns = ("number", "kind", "received (UTC)", "due", "language", "phase", "consent", "details")
    table = Table(*columns, title="Requests")
    for stored in intake_store(settings().intake_db).all():
        r = stored.request
        details = ", ".join(f"{k}: {v}" for k, v in r.fields.items())
        received = f"{stored.created_at:%Y-%m-%d %H:%M}"
        facts = (received, str(r.due), r.language, r.phase or "", r.consent_version or "")
        table.add_row(str(stored.number), r.kind, *facts, escape(details))
    console.print(table if table.row_count else "There are no requests yet.")


@intake_app.command("export")
def intake_export(file: Path = typer.Argument(..., help="The CSV file to write.")) -> None:
    """Write the requests to a CSV file that a spreadsheet opens."""
    from bot.intake.forms import FIELDS
    from bot.intake.storage import intake_store

    names = list(dict.fromkeys(f for fields in FIELDS.values() for f in fields if f not in ("consent", "confirmed")))
    consent = ["consented_utc", "consent_version", "consent_text"]
    columns = ["number", "kind", "received_utc", "due", "language", "phase", "conversation", *consent, *names]
    count = 0
    with file.open("w", newline="", encoding="utf-8-sig") as target:  # the mark lets Excel see that it is UTF-8
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        for stored in intake_store(settings().intake_db).all():
            r = stored.request
            facts = (stored.number, r.kind, stored.created_at.isoformat(" ", "seconds"), r.due, r.language, r.phase)
            consented = stored.consented_at.isoformat(" ", "seconds") if stored.consented_at else None
            agreed = (consented, r.consent_version, r.consent_text)
            row: dict[str, object] = dict(zip(columns, (*facts, r.conversation, *agreed), strict=False))
            row |= {name: _harmless(value) for name, value in r.fields.items()}
            writer.writerow(row)
            count += 1
    console.print(f"{count} requests written to {file}")


@feedback_app.command("export")
def feedback_export(file: Path = typer.Argument(..., help="The CSV file to write.")) -> None:
    """Write the thumbs to a CSV file that a spreadsheet opens: the vote, the question and the answer."""
    from bot.channels.messages import message_store
    from bot.presentation import markdown

    count = 0
    with file.open("w", newline="", encoding="utf-8-sig") as target:
        writer = csv.writer(target)
        writer.writerow(["vote", "answered_utc", "language", "about", "phase", "question", "answer", "conversation"])
        for given, asked in message_store(settings().messages_db).voted():
            if given.answer is None:
                continue
            question, said = _harmless(asked.text or "") if asked else "", markdown.render(given.answer).text
            facts = (given.answer.language, given.answer.about, given.answer.phase, question, _harmless(said))
            writer.writerow([given.vote, given.at.isoformat(" ", "seconds"), *facts, given.conversation])
            count += 1
    console.print(f"{count} thumbs written to {file}")


WHO = typer.Argument(
    ...,
    help="E-mail address, phone number, request:12, id of a conversation or of a user in Slack, "
    "or what the chat keeps in the visitor's browser.",
)


@privacy_app.command("purge")
def privacy_purge(
    days: Optional[int] = typer.Option(None, min=1, max=36500, help="Instead of KLANTKOMPAS_RETENTION_DAYS."),
) -> None:
    """Delete the talks and requests that are older than they may be. A running server does so every day."""
    from bot.privacy.records import limit, records

    days = days or settings().retention_days
    console.print(f"Older than {days} days, so deleted: {records().purge(limit(days))}.", highlight=False)


@privacy_app.command("export")
def privacy_export(who: str = WHO, file: Path = typer.Argument(..., help="The JSON file to write.")) -> None:
    """Write all that is kept of one person to a file that people can read."""
    import json

    found = _found(who)
    content = _records().export(found)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        json.dump(content, target, ensure_ascii=False, indent=2)
    console.print(f"Written to {file}. Look it through first: in a talk, others may be named too.", highlight=False)


@privacy_app.command("forget")
def privacy_forget(who: str = WHO, yes: bool = typer.Option(False, "--yes", help="Don't ask first.")) -> None:
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
    if store.find(found.person):
        errors.print("[red]Something is left[/red]: they are talking at this moment, perhaps. Run this again.")
        raise typer.Exit(1)
    console.print("Looked again: nothing is left in the databases.")
    for channel, _, at in (post.partition(" ") for post in posts):
        console.print(f"Delete by hand in Slack: in channel {channel} the message of {at}.", highlight=False)


def _records() -> Records:
    from bot.privacy.records import records

    return records()


def _found(who: str) -> Found:
    """What is kept of a person, shown; ends if there is nothing, or if `who` is nobody."""
    from bot.privacy.records import Person, UnknownPerson

    try:
        person = Person.of(who)
    except UnknownPerson as error:
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
        talks = Table("conversation", "messages", "events of Rasa", "last words of the visitor", title="Talks")
        for talk in found.conversations:
            words = next((m.text for m in reversed(talk.messages) if m.text), "")
            talks.add_row(escape(talk.id), str(len(talk.messages)), str(len(talk.events)), escape(words[:80]))
        console.print(talks)
    if found.handled:
        console.print(f"Handled requests in Slack: {', '.join(map(str, found.handled))}.", highlight=False)
    return found


def _harmless(value: str) -> str:
    """A visitor's text that a spreadsheet won't take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value
