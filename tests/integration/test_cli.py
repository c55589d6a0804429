"""The commands that measure, with what takes minutes replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.evaluation import calibration, experiment
from bot.evaluation.calibration import Heard


def heard(intent: str, best: str, probability: float) -> Heard:
    names = [*calibration.STRUGGLES, calibration.OUT_OF_SCOPE]
    rest = (1 - probability) / (len(names) - 1)
    return Heard(intent, {name: probability if name == best else rest for name in names})


def test_calibrate_keeps_the_curves_and_says_what_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = [heard(name, name, 0.95) for name in (*calibration.STRUGGLES, calibration.OUT_OF_SCOPE)] * 10
    wrong = [heard("struggle_see", "struggle_do", 0.5)]
    monkeypatch.setattr(experiment, "cross_validate", lambda folds: [*right, *wrong])
    result = CliRunner().invoke(app, ["calibrate", "--folds", "2", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "out_of_scope_from:" in result.output
    assert "SURE_SHARE" in result.output
    assert len(calibration.read_scope(tmp_path / "out_of_scope.csv")) > 20
    assert len(calibration.read_phases(tmp_path / "phases.csv")) > 10


def test_evaluate_compares_with_the_default_pipeline_only(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"lang": "nl", "text": "hoi", "label": "greet"}\n')
    result = CliRunner().invoke(app, ["evaluate", str(file), "--against", "gpt"])
    assert result.exit_code == 2
    assert "expected 'default'" in result.output
