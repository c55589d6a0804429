"""What the commands share: the screen, and a model that is up to date."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from bot.knowledge import KnowledgeError, load_knowledge
from bot.rasa_adapter.model_archive import model_path
from bot.settings import ROOT, settings

console = Console()
errors = Console(stderr=True)

TRAINING_LOG = ROOT / "var" / "train.log"


def checked_knowledge() -> None:
    """Ends with a readable list if the knowledge base is faulty."""
    try:
        load_knowledge(settings().knowledge)
    except KnowledgeError as error:
        errors.print("[red]The knowledge base has faults:[/red]")
        for fault in error.faults:
            errors.print(f"  • {fault}", markup=False, highlight=False)
        raise typer.Exit(1) from error


@contextlib.contextmanager
def log_of_training() -> Iterator[None]:
    """Rasa's progress bars go to a file."""
    TRAINING_LOG.parent.mkdir(parents=True, exist_ok=True)
    with TRAINING_LOG.open("w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        yield


def trained_model(force: bool = False) -> Path:
    """The model for the present files, trained if there is none."""
    checked_knowledge()
    path = model_path()
    if path.exists() and not force:
        return path
    console.print("Something changed since the last training, so the advisor learns again. This takes a few minutes.")
    try:
        # The spinner writes to the real screen, while what Rasa prints goes to the log.
        with Console(file=sys.__stdout__).status("Training …"), log_of_training():
            from bot.rasa_adapter import agent as assistant

            assistant.train()
    except Exception as error:
        errors.print(f"[red]Training failed:[/red] {error}. The whole story stands in {TRAINING_LOG}.")
        raise typer.Exit(1) from error
    return path


def harmless(value: str) -> str:
    """A visitor's text that a spreadsheet won't take for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value
