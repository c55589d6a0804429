"""Commands for the NLU and the knowledge base: evaluate, calibrate, check-knowledge."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sized
from pathlib import Path
from typing import Optional

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.common import console, errors, trained_model, training_log, valid_knowledge
from bot.knowledge import checks
from bot.settings import ROOT

app = typer.Typer()


@app.command()
def evaluate(
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="JSON lines with lang, text and label."),
    against: Optional[str] = typer.Option(None, help="'default': compare with Rasa's default pipeline (takes hours)."),
    one_in: int = typer.Option(1, min=1, help="With --against: train both on one in so many examples, to save time."),
    folder: Path = typer.Option(ROOT / "var" / "evaluation", help="Where the results are written."),
) -> None:
    """Measure the accuracy on labelled utterances that are not among the training examples."""
    if against not in (None, "default"):
        raise typer.BadParameter("expected 'default'", param_hint="--against")
    model = trained_model() if against is None or one_in == 1 else None
    with console.status("Evaluating ..."):
        from bot.evaluation import cross_validation, report, scoring
        from bot.rasa_adapter import nlu_model

    try:
        utterances = list(scoring.read(file))
    except scoring.EvaluationFileError as error:
        errors.print(str(error), style="red")
        raise typer.Exit(1) from error
    folder.mkdir(parents=True, exist_ok=True)
    models: dict[str, Path] = {}
    if against:
        status = "Training Rasa's default pipeline ..." if model else "Training ours and Rasa's default pipeline ..."
        with Console(file=sys.__stdout__).status(status), training_log():
            models = cross_validation.train_both(folder / "models", one_in, own=model)
    elif model:
        models = {"ours": model}

    async def measure(path: Path) -> list[scoring.Result]:
        return await scoring.evaluate(await nlu_model.load_parser(path), utterances)

    with console.status("Evaluating ..."):
        results = {name: asyncio.run(measure(path)) for name, path in models.items()}
    ours = results["ours"]
    console.print(report.summary_table(f"{file.name}: {len(ours)} utterances", results))
    console.print(report.details_table(results))
    if against:
        console.print(report.errors_table(ours, results["default"]))
    console.print(report.labels_table(ours))
    console.print(report.confusions_table(ours))
    wrong, picture = folder / f"{file.stem}-wrong.csv", folder / f"{file.stem}-confusions.png"
    number = report.write_wrong(ours, wrong)
    report.draw_confusions(ours, picture)
    console.print(f"Written: {number} wrong predictions to {wrong}, the confusion matrix to {picture}.")


@app.command()
def calibrate(
    folds: int = typer.Option(5, min=2, help="Number of folds; each takes some minutes."),
    folder: Path = typer.Option(ROOT / "docs" / "understanding", help="Where the curves are written."),
) -> None:
    """Choose the temperature and the thresholds by cross-validation."""
    valid_knowledge()
    with Console(file=sys.__stdout__).status(f"Training {folds} times ..."), training_log():
        from bot.evaluation import calibration, cross_validation

        result = cross_validation.cross_validate(folds)
    predictions = result.intents
    temperature = calibration.best_temperature(predictions)
    calibrated = [
        calibration.Prediction(intent, calibration.apply_temperature(p, temperature)) for intent, p in predictions
    ]
    table = Table("", "before", "after", title=f"{len(predictions)} held-out predictions")
    for name, measure in (("log loss", calibration.log_loss), ("calibration error", calibration.calibration_error)):
        table.add_row(name, f"{measure(predictions):.3f}", f"{measure(calibrated):.3f}")
    softer = [calibration.Prediction(i, calibration.apply_temperature(p, temperature)) for i, p in result.sub_intents]
    errors_of_subs = [calibration.calibration_error(part) for part in (result.sub_intents, softer)]
    table.add_row("calibration error, sub-intents", *(f"{error:.3f}" for error in errors_of_subs))
    console.print(table)
    folder.mkdir(parents=True, exist_ok=True)
    scope, phases = calibration.scope_curve(calibrated), calibration.phase_curve(calibrated)
    calibration.write_curve(scope, folder / "out_of_scope.csv")
    calibration.write_curve(phases, folder / "phases.csv")
    chosen = calibration.choose_thresholds(scope, phases)
    console.print(f"config.yml: temperature: the present one times {temperature}")
    console.print(f"config.yml: out_of_scope_from: {chosen.out_of_scope_from}")
    console.print(f"bot/advice/diagnosis.py: SURE_SHARE = {chosen.sure_share}, CLEAR_SHARE = {chosen.clear_share}")


@app.command("check-knowledge")
def check_knowledge(folder: Optional[Path] = typer.Argument(None, help="Another folder than the one in use.")) -> None:
    """Check the knowledge base, and list every fault with file, key and expectation."""
    knowledge = valid_knowledge(folder)
    counts: dict[str, Sized] = {
        "phases": knowledge.phases,
        "stages": knowledge.stages,
        "channels": knowledge.channels,
        "metrics": knowledge.metrics,
        "frequently asked questions": knowledge.faq,
        "kinds of business": knowledge.business_types,
        "benchmarks": knowledge.benchmarks,
        "symptoms": knowledge.symptoms,
        "steps": knowledge.steps,
        "texts": knowledge.texts,
        "trades": knowledge.trades,
        "cues": knowledge.cues,
        "sources": knowledge.sources,
    }
    console.print("The knowledge base is in order: " + ", ".join(f"{len(v)} {k}" for k, v in counts.items()) + ".")
    for gap in checks.gaps(knowledge):
        console.print(f"Worth filling: {gap}.")
