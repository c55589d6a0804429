"""The reports of `evaluate`, and the folds of cross-validation."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from ruamel.yaml import YAML

from bot.evaluation import cross_validation, report
from bot.evaluation.cross_validation import Example
from bot.evaluation.scoring import Result, Utterance


def result(label: str, predicted: str, *, language: str = "nl", ambiguous: bool = False) -> Result:
    utterance = Utterance(language, f"text of {label}", label, (), ambiguous)
    return Result(utterance, predicted, 0.6, (predicted, label, "greet"), 10.0)


def rows(table: object) -> list[list[str]]:
    columns = [list(column.cells) for column in table.columns]  # type: ignore[attr-defined]
    return [list(map(str, row)) for row in zip(*columns, strict=True)]


def test_every_wrong_row_is_written_with_what_came_second(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    results = [result("phase_do", "phase_care"), result("phase_do", "phase_do"), result("greet", "goodbye")]
    assert report.write_wrong(results, file) == 2
    written = list(csv.DictReader(file.open(encoding="utf-8-sig")))
    assert [(r["label"], r["predicted"], r["runner-up"]) for r in written] == [
        ("phase_do", "phase_care", "phase_do"),
        ("greet", "goodbye", "greet"),
    ]


def test_the_picture_of_the_confusions_is_a_png(tmp_path: Path) -> None:
    file = tmp_path / "confusions.png"
    report.draw_confusions([result("phase_do", "phase_care"), result("phase_see", "phase_see")], file)
    assert file.read_bytes().startswith(b"\x89PNG")


def test_ambiguous_rows_are_counted_apart() -> None:
    results = [result("phase_do", "phase_do"), result("phase_do", "phase_see", ambiguous=True)]
    assert {name: len(part) for name, part in report.subsets(results).items()} == {"nl": 2, "nl, clear": 1}


def test_errors_stand_beside_those_of_the_default_pipeline() -> None:
    ours = [result("phase_do", "phase_do"), result("phase_see", "phase_do"), result("greet", "greet")]
    default = [result("phase_do", "phase_see"), result("phase_see", "phase_do"), result("greet", "deny")]
    assert rows(report.errors_table(ours, default)) == [["nl", "1", "3", "0.33", "1", "2", "0.50"]]


def test_folds_hold_every_example_once_and_every_intent_in_proportion() -> None:
    examples = [Example(lang, intent, f"{intent} {n}") for lang in ("nl", "en") for intent in "ab" for n in range(10)]
    folds = cross_validation.split(examples, 5)
    assert sorted(e.text for fold in folds for e in fold) == sorted(e.text for e in examples)
    assert all(
        Counter((e.language, e.intent) for e in fold)
        == Counter({("nl", "a"): 2, ("nl", "b"): 2, ("en", "a"): 2, ("en", "b"): 2})
        for fold in folds
    )


def test_the_default_pipeline_is_rasas_own_on_our_data(tmp_path: Path) -> None:
    config = YAML(typ="safe").load(cross_validation.write_default_config(tmp_path).read_text())
    diet = next(c for c in config["pipeline"] if c["name"] == "DIETClassifier")
    assert diet["epochs"] == 100
    assert config["importers"] == [{"name": "bot.nlu.importer.KnowledgeImporter"}]


def test_all_examples_of_the_data_folder_are_read() -> None:
    examples = cross_validation.read_examples()
    assert {e.language for e in examples} == {"nl", "en"}
    assert len(examples) > 10_000
