"""What the commands share: the console, the services, and a model that is up to date."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from bot.knowledge import Knowledge, KnowledgeError, load_knowledge
from bot.rasa_adapter.model_archive import model_path
from bot.services import Services
from bot.settings import ROOT, settings

console = Console()
errors = Console(stderr=True)

TRAINING_LOG = ROOT / "var" / "train.log"


def valid_knowledge(folder: Path | None = None) -> Knowledge:
    """The knowledge base of the settings or of a folder. Ends the command with all faults if there are any."""
    try:
        return load_knowledge(folder or settings().knowledge)
    except KnowledgeError as error:
        errors.print("[red]The knowledge base has faults:[/red]")
        for fault in error.faults:
            errors.print(f"  • {fault}", markup=False, highlight=False)
        raise typer.Exit(1) from error


def services() -> Services:
    """The services of this process. Ends the command if the knowledge base has faults."""
    valid_knowledge()
    return Services.create(settings())


@contextlib.contextmanager
def training_log() -> Iterator[None]:
    """Redirects Rasa's output to a file."""
    TRAINING_LOG.parent.mkdir(parents=True, exist_ok=True)
    with TRAINING_LOG.open("w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        yield


def trained_model(force: bool = False) -> Path:
    """The model of the present files, trained if there is none."""
    knowledge = valid_knowledge()
    path = model_path(knowledge)
    if path.exists() and not force:
        return path
    console.print("Something changed since the last training: training the model. This takes a few minutes.")
    try:
        # The spinner writes to the terminal, Rasa's output to the log.
        with Console(file=sys.__stdout__).status("Training …"), training_log():
            from bot.rasa_adapter.training import train

            train(knowledge)
    except Exception as error:
        errors.print(f"[red]Training failed:[/red] {error}. See {TRAINING_LOG}.")
        raise typer.Exit(1) from error
    return path


def served_model() -> Path:
    """The model of the present files, for a process that goes on to serve it.

    If there is none it is trained in a process of its own: training takes gigabytes that Python does not give back.
    """
    path = model_path(valid_knowledge())
    if not path.exists() and subprocess.run([sys.executable, "-m", "bot", "train"], check=False).returncode:
        raise typer.Exit(1)
    return path


def escape_formula(value: str) -> str:
    """A visitor's text that a spreadsheet does not evaluate as a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value
