"""The commands that measure, with what takes minutes replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.evaluation import calibration, cross_validation
from bot.evaluation.calibration import PhasePoint, Prediction, ScopePoint
from bot.evaluation.scoring import OUT_OF_SCOPE


def prediction(intent: str, best: str, probability: float) -> Prediction:
    names = [*calibration.STRUGGLES, OUT_OF_SCOPE]
    rest = (1 - probability) / (len(names) - 1)
    return Prediction(intent, {name: probability if name == best else rest for name in names})


def test_calibrate_writes_the_curves_and_prints_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = [prediction(name, name, 0.95) for name in (*calibration.STRUGGLES, OUT_OF_SCOPE)] * 10
    wrong = [prediction("struggle_see", "struggle_do", 0.5)]
    found = cross_validation.CrossValidated([*right, *wrong], right)
    monkeypatch.setattr(cross_validation, "cross_validate", lambda folds: found)
    result = CliRunner().invoke(app, ["calibrate", "--folds", "2", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "out_of_scope_from:" in result.output
    assert "SURE_SHARE" in result.output
    assert len(calibration.read_curve(tmp_path / "out_of_scope.csv", ScopePoint)) > 20
    assert len(calibration.read_curve(tmp_path / "phases.csv", PhasePoint)) > 10


def test_evaluate_compares_with_the_default_pipeline_only(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"lang": "nl", "text": "hoi", "label": "greet"}\n')
    result = CliRunner().invoke(app, ["evaluate", str(file), "--against", "gpt"])
    assert result.exit_code == 2
    assert "expected 'default'" in result.output
