"""Temperature and thresholds, and that config and code use those of the committed curves."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.advice import diagnosis
from bot.evaluation import calibration
from bot.evaluation.calibration import PhasePoint, Prediction, ScopePoint
from bot.evaluation.scoring import OUT_OF_SCOPE
from bot.nlu.scope import is_out_of_scope
from bot.settings import ROOT

CURVES = ROOT / "docs" / "understanding"


def spread(**probabilities: float) -> dict[str, float]:
    """Probabilities of the phases and out of scope, those not named nearly 0."""
    names = [*calibration.STRUGGLES, OUT_OF_SCOPE]
    return {name: probabilities.get(name.removeprefix("struggle_"), 0.001) for name in names}


def test_an_overconfident_model_gets_a_temperature_above_one() -> None:
    right, wrong = Prediction("struggle_see", spread(see=0.99)), Prediction("struggle_do", spread(see=0.99))
    predictions = [right] * 6 + [wrong] * 4
    warm = calibration.best_temperature(predictions)
    soft = [Prediction(intent, calibration.apply_temperature(p, warm)) for intent, p in predictions]
    assert warm > 1
    assert calibration.log_loss(soft) < calibration.log_loss(predictions)
    assert calibration.calibration_error(soft) < calibration.calibration_error(predictions)


def test_a_well_calibrated_model_keeps_its_temperature() -> None:
    sure = spread(see=0.8, do=0.2)
    predictions = [Prediction("struggle_see", sure)] * 8 + [Prediction("struggle_do", sure)] * 2
    assert calibration.best_temperature(predictions) == pytest.approx(1.0, abs=0.1)
    assert calibration.calibration_error(predictions) == pytest.approx(0.0, abs=0.01)


def test_a_temperature_keeps_the_order_and_the_sum() -> None:
    soft = calibration.apply_temperature({"a": 0.9, "b": 0.09, "c": 0.01}, 2.0)
    assert sorted(soft, key=lambda name: -soft[name]) == ["a", "b", "c"]
    assert sum(soft.values()) == pytest.approx(1.0)
    assert soft["a"] < 0.9


def test_the_scope_curve_has_recall_and_false_rejections() -> None:
    predictions = [Prediction(OUT_OF_SCOPE, spread(out_of_scope=x)) for x in (0.9, 0.3)]
    predictions += [Prediction("struggle_do", spread(do=0.4, out_of_scope=x)) for x in (0.01, 0.01, 0.01, 0.5)]
    point = next(p for p in calibration.scope_curve(predictions) if p.threshold == 0.4)
    assert point == ScopePoint(0.4, recall=0.5, false_rejection_rate=0.25)


def test_out_of_scope_need_not_be_likeliest_but_yields_to_what_is_likelier_than_not() -> None:
    assert is_out_of_scope(0.3, best_other=0.4, threshold=0.2)
    assert not is_out_of_scope(0.3, best_other=0.6, threshold=0.2)
    assert not is_out_of_scope(0.1, best_other=0.2, threshold=0.2)
    assert is_out_of_scope(0.9, best_other=0.1, threshold=0.2)


def test_the_phase_curve_counts_only_problems() -> None:
    said = [("struggle_do", spread(do=0.9)), ("struggle_see", spread(do=0.6, see=0.4)), ("greet", spread(see=0.9))]
    predictions = [Prediction(label, probabilities) for label, probabilities in said]
    points = {p.threshold: p for p in calibration.phase_curve(predictions)}
    assert points[0.3].coverage == 1.0
    assert points[0.3].accuracy == 0.5
    assert points[0.8].coverage == 0.5
    assert points[0.8].accuracy == 1.0


def test_without_a_good_enough_point_nothing_is_chosen() -> None:
    with pytest.raises(ValueError, match="better data"):
        calibration.choose_thresholds([ScopePoint(0.5, 0.9, 0.2)], [PhasePoint(0.9, 0.5, 0.6, 0.6)])


def test_curves_are_written_and_read(tmp_path: Path) -> None:
    scope, phases = [ScopePoint(0.2, 0.9, 0.02)], [PhasePoint(0.5, 0.9, 0.97, 0.8)]
    calibration.write_curve(scope, tmp_path / "scope.csv")
    calibration.write_curve(phases, tmp_path / "phases.csv")
    assert calibration.read_curve(tmp_path / "scope.csv", ScopePoint) == scope
    assert calibration.read_curve(tmp_path / "phases.csv", PhasePoint) == phases


def test_config_and_code_use_the_thresholds_of_the_committed_curves() -> None:
    chosen = calibration.choose_thresholds(
        calibration.read_curve(CURVES / "out_of_scope.csv", ScopePoint),
        calibration.read_curve(CURVES / "phases.csv", PhasePoint),
    )
    pipeline = YAML(typ="safe").load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    classifier = next(c for c in pipeline if c["name"].endswith("CalibratedClassifier"))
    assert classifier["out_of_scope_from"] == chosen.out_of_scope_from
    assert chosen.sure_share == diagnosis.SURE_SHARE
    assert chosen.clear_share == diagnosis.CLEAR_SHARE
