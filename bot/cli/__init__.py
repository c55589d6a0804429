"""The command line: `klantkompas COMMAND`. Commands import what they need themselves, since Rasa takes seconds."""

from __future__ import annotations

import typer

from bot.cli import exports, privacy, quickscan, run
from bot.cli import understanding as quality
from bot.rasa_adapter import environment

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Klantkompas, the customer journey advisor.")
for part in (run, quality, quickscan):
    app.registered_commands += part.app.registered_commands
GROUPS = {"intake": exports.intake, "feedback": exports.feedback, "privacy": privacy.app}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


@app.callback()
def _main() -> None:
    environment.configure()
