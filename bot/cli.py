"""The commands: `python -m bot COMMAND`. Rasa takes seconds to import, so each command imports what it needs."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import sys
from collections.abc import Iterator, Sized
from pathlib import Path
from typing import Optional

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from bot.knowledge import KnowledgeError, load_knowledge
from bot.quiet import quiet
from bot.settings import ROOT, settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Klantkompas, the customer journey advisor.")
intake_app = typer.Typer(no_args_is_help=True, help="Requests of visitors.")
app.add_typer(intake_app, name="intake")
feedback_app = typer.Typer(no_args_is_help=True, help="Thumbs of visitors.")
app.add_typer(feedback_app, name="feedback")
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
    with console.status("Starting …"):
        from bot import assistant

        path = assistant.model_path()
    if path.exists() and not force:
        return path
    console.print("Something changed since the last training, so the advisor learns again. This takes a few minutes.")
    try:
        # The spinner writes to the real screen, while what Rasa prints goes to the log.
        with Console(file=sys.__stdout__).status("Training …"), _log_of_training():
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
        from bot.channels.website.pages import NotBuilt
        from bot.server import create_app

        try:
            server = create_app(model)
        except NotBuilt as error:
            errors.print(str(error), style="red")
            raise typer.Exit(1) from error
    address = f"http://{settings().host}:{settings().port}"

    @server.listener("after_server_start")
    async def announce(*_: object) -> None:
        console.print(f"[green]Klantkompas is ready:[/green] [bold]{address}[/bold] shows it on a website.")
        for channel in server.ctx.input_channels:
            if state := getattr(channel, "state", None):
                console.print(state)
        console.print(f"The chat alone: {address}/chat. In a terminal: [bold]make chat[/bold]. Ctrl-C stops.")

    server.run(host=settings().host, port=settings().port, access_log=False, motd=False)


@app.command()
def chat() -> None:
    """Chat in the terminal; a number presses a button."""
    model = _model()
    with console.status("Loading the advisor …"):
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

    table = Table("number", "kind", "received (UTC)", "due", "language", "phase", "details", title="Requests")
    for stored in intake_store(settings().intake_db).all():
        r = stored.request
        details = ", ".join(f"{k}: {v}" for k, v in r.fields.items())
        received = f"{stored.created_at:%Y-%m-%d %H:%M}"
        table.add_row(str(stored.number), r.kind, received, str(r.due), r.language, r.phase or "", details)
    console.print(table if table.row_count else "There are no requests yet.")


@intake_app.command("export")
def intake_export(file: Path = typer.Argument(..., help="The CSV file to write.")) -> None:
    """Write the requests to a CSV file that a spreadsheet opens."""
    from bot.intake.forms import FIELDS
    from bot.intake.storage import intake_store

    names = list(dict.fromkeys(f for fields in FIELDS.values() for f in fields if f not in ("consent", "confirmed")))
    columns = ["number", "kind", "received_utc", "due", "language", "phase", "conversation", "consent_text", *names]
    count = 0
    with file.open("w", newline="", encoding="utf-8-sig") as target:  # the mark lets Excel see that it is UTF-8
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        for stored in intake_store(settings().intake_db).all():
            r = stored.request
            facts = (stored.number, r.kind, stored.created_at.isoformat(" ", "seconds"), r.due, r.language, r.phase)
            row: dict[str, object] = dict(zip(columns, (*facts, r.conversation, r.consent_text), strict=False))
            row |= {name: _harmless(value) for name, value in r.fields.items()}
            writer.writerow(row)
            count += 1
    console.print(f"{count} requests written to {file}")


@feedback_app.command("export")
def feedback_export(file: Path = typer.Argument(..., help="The CSV file to write.")) -> None:
    """Write the thumbs to a CSV file that a spreadsheet opens: the vote, the question and the answer."""
    from bot.channels.messages import MessageStore
    from bot.presentation import markdown

    count = 0
    with file.open("w", newline="", encoding="utf-8-sig") as target:
        writer = csv.writer(target)
        writer.writerow(["vote", "answered_utc", "language", "about", "phase", "question", "answer", "conversation"])
        for given, asked in MessageStore(settings().messages_db).voted():
            if given.answer is None:
                continue
            question, said = _harmless(asked.text or "") if asked else "", markdown.render(given.answer).text
            facts = (given.answer.language, given.answer.about, given.answer.phase, question, _harmless(said))
            writer.writerow([given.vote, given.at.isoformat(" ", "seconds"), *facts, given.conversation])
            count += 1
    console.print(f"{count} thumbs written to {file}")


def _harmless(value: str) -> str:
    """A visitor's text that a spreadsheet won't take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value
