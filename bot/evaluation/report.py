"""Reports of an evaluation: tables, the confusion matrix as a picture, and the wrong predictions as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from bot.evaluation import scoring
from bot.evaluation.scoring import Result

COLUMNS = ("n", "acc.", "phase acc.", "phase top 2", "scope recall", "false rejects", "p50 ms", "p95 ms")
"""The main measures of `scoring.Summary`, short enough for 80 characters a line."""

DETAILS = ("symptom acc.", "symptom top 2", "move acc.", "calibration error")
"""The other ones."""


def subsets(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The results by language, and for each language those of the unambiguous utterances ("clear")."""
    languages = sorted({r.utterance.language for r in results}, reverse=True)
    found = {}
    for language in languages:
        spoken = [r for r in results if r.utterance.language == language]
        found[language] = spoken
        clear = [r for r in spoken if not r.utterance.ambiguous]
        if len(clear) < len(spoken):
            found[f"{language}, clear"] = clear
    return found


def summary_table(title: str, models: Mapping[str, Sequence[Result]]) -> Table:
    """The measures, with a row for each model and subset."""
    table = Table("", *COLUMNS, title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    table.columns[0].no_wrap = True
    for model, results in models.items():
        for name, part in subsets(results).items():
            s = scoring.summarise(part)
            rates = (s.accuracy, s.phase_accuracy, s.phase_top2_accuracy, s.out_of_scope_recall, s.false_rejection_rate)
            label = f"{model}: {name}" if len(models) > 1 else name
            table.add_row(label, str(s.count), *(f"{x:.3f}" for x in rates), f"{s.p50:.1f}", f"{s.p95:.1f}")
    return table


def details_table(models: Mapping[str, Sequence[Result]]) -> Table:
    """Symptoms, moves and calibration, with a row for each model and subset."""
    table = Table("", *DETAILS, title="Symptoms, moves, calibration")
    for column in table.columns[1:]:
        column.justify = "right"
    for model, results in models.items():
        for name, part in subsets(results).items():
            s = scoring.summarise(part)
            rates = (s.symptom_accuracy, s.symptom_top2_accuracy, s.move_accuracy, s.calibration_error)
            label = f"{model}: {name}" if len(models) > 1 else name
            table.add_row(label, *("-" if rate != rate else f"{rate:.3f}" for rate in rates))
    return table


def errors_table(ours: Sequence[Result], default: Sequence[Result]) -> Table:
    """The errors of both pipelines on the same utterances, and their ratio."""
    table = Table("", "errors", "of the default", "ratio", "phase errors", "of the default", "ratio", title="Errors")
    for column in table.columns[1:]:
        column.justify = "right"
    theirs = subsets(default)
    for name, mine in subsets(ours).items():
        cells: list[str] = []
        for phases_only in (False, True):
            counts = [
                sum(not r.is_correct for r in part if not phases_only or r.utterance.label.startswith("phase_"))
                for part in (mine, theirs[name])
            ]
            cells += [str(counts[0]), str(counts[1]), f"{counts[0] / counts[1]:.2f}" if counts[1] else "-"]
        table.add_row(name, *cells)
    return table


def labels_table(results: Sequence[Result]) -> Table:
    """Correct predictions of all, by label and language."""
    languages = sorted({r.utterance.language for r in results}, reverse=True)
    table = Table("label", *languages, title="Correct by label")
    by_language = {
        language: scoring.correct_by_label([r for r in results if r.utterance.language == language])
        for language in languages
    }
    for label in sorted({r.utterance.label for r in results}):
        cells = [by_language[language].get(label) for language in languages]
        table.add_row(label, *(f"{cell[0]}/{cell[1]}" if cell else "" for cell in cells))
    return table


def confusions_table(results: Sequence[Result]) -> Table:
    """The wrong predictions, counted by label and predicted label."""
    table = Table("label", "predicted", "times", title="Confusions")
    for label, predicted, number in scoring.confusions(results):
        table.add_row(label, predicted, str(number))
    return table


def write_wrong(results: Sequence[Result], file: Path) -> int:
    """Writes the wrong predictions as CSV for a spreadsheet; returns their number."""
    wrong = [r for r in results if not r.is_correct]
    with file.open("w", newline="", encoding="utf-8-sig") as target:  # the byte order mark tells Excel that it is UTF-8
        writer = csv.writer(target)
        writer.writerow(["language", "label", "predicted", "confidence", "runner-up", "ambiguous", "text"])
        for r in wrong:
            second = next((label for label in r.ranking if label != r.predicted), "")
            u = r.utterance
            writer.writerow(
                [u.language, u.label, r.predicted, f"{r.confidence:.2f}", second, "yes" if u.ambiguous else "", u.text]
            )
    return len(wrong)


def draw_confusions(results: Sequence[Result], file: Path) -> None:
    """Draws the confusion matrix, normalised by row, as PNG."""
    labels = sorted(
        {r.utterance.label for r in results} | {r.predicted for r in results},
        key=lambda name: (not name.startswith("phase_"), name),
    )
    counts = np.zeros((len(labels), len(labels)), int)
    for r in results:
        counts[labels.index(r.utterance.label), labels.index(r.predicted)] += 1
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    size = 2.5 + 0.34 * len(labels)
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_yticks(range(len(labels)), [f"{n} ({t})" for n, t in zip(labels, totals[:, 0], strict=True)])
    axes.set_xlabel("predicted")
    axes.set_ylabel("label (number of utterances)")
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, counts[row, column], ha="center", va="center", color=color, fontsize=8)
    figure.savefig(file, dpi=110)
