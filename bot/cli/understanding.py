"""Measure the understanding, choose its thresholds, check the knowledge base."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sized
from pathlib import Path
from typing import Optional

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.common import console, errors, services, trained_model, training_log, valid_knowledge
from bot.settings import ROOT, settings

app = typer.Typer()


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
    model = trained_model() if against is None or one_in == 1 else None
    with console.status("Evaluating ..."):
        from actions.table import sdk_actions
        from bot.evaluation import experiment, report
        from bot.evaluation import scoring as evaluation
        from bot.rasa_adapter.assistant import Assistant

    try:
        utterances = list(evaluation.read(file))
    except evaluation.EvaluationFileError as error:
        errors.print(str(error), style="red")
        raise typer.Exit(1) from error
    folder.mkdir(parents=True, exist_ok=True)
    models: dict[str, Path] = {}
    if against:
        status = "Training Rasa's default pipeline ..." if model else "Training ours and Rasa's default pipeline ..."
        with Console(file=sys.__stdout__).status(status), training_log():
            models = experiment.train_both(folder / "models", one_in, ours=model)
    elif model:
        models = {"ours": model}

    shared = services()

    async def measure(path: Path) -> list[evaluation.Result]:
        return await evaluation.evaluate(
            (await Assistant.load(path, settings(), sdk_actions(shared))).agent, utterances
        )

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
    valid_knowledge()
    with Console(file=sys.__stdout__).status(f"Training {folds} times ..."), training_log():
        from bot.evaluation import calibration, experiment

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
    knowledge = valid_knowledge(folder)
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
