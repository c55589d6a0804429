"""The logistic regression finds what scikit-learn's finds, and is the same after writing and reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from bot.nlu.linear_model import LinearModel, fit


@pytest.fixture
def examples() -> tuple[dict[str, object], list[str]]:
    """Three noisy classes in a sparse and a dense block."""
    generator = np.random.default_rng(1)
    classes = generator.integers(0, 3, 300)
    dense = (np.eye(3)[classes] + generator.normal(0, 0.6, (300, 3))).astype(np.float32)
    sparse = scipy.sparse.random(300, 20, 0.2, format="csr", dtype=np.float32, random_state=1)
    return {"sparse": sparse, "dense": dense}, [f"class {c}" for c in classes]


def test_it_minimises_the_same_objective_as_scikit_learn(examples: tuple[dict[str, object], list[str]]) -> None:
    blocks, targets = examples
    ours = fit(blocks, targets, C=0.5, max_iter=200)
    whole = scipy.sparse.hstack(list(blocks.values()), format="csr")
    theirs = LogisticRegression(C=0.5, max_iter=500, tol=1e-6).fit(whole, targets)
    assert list(ours.labels) == list(theirs.classes_)
    weights = np.vstack([ours.weights["sparse"], ours.weights["dense"]])
    assert np.abs(weights - theirs.coef_.T).max() < 0.02
    probabilities = np.array([ours.probabilities({n: b[i : i + 1] for n, b in blocks.items()}) for i in range(50)])  # type: ignore[index]
    assert np.abs(probabilities - theirs.predict_proba(whole[:50])).max() < 0.01


def test_it_is_the_same_after_reading(examples: tuple[dict[str, object], list[str]], tmp_path: Path) -> None:
    blocks, targets = examples
    model = fit(blocks, targets, C=1, max_iter=30)
    model.write(tmp_path / "model.npz")
    again = LinearModel.read(tmp_path / "model.npz")
    assert again.labels == list(model.labels)
    assert np.abs(again.logits(blocks) - model.logits(blocks)).max() < 0.01


def test_a_temperature_above_one_lowers_the_confidence(examples: tuple[dict[str, object], list[str]]) -> None:
    blocks, targets = examples
    model = fit(blocks, targets, C=1, max_iter=30)
    row = {name: block[:1] for name, block in blocks.items()}  # type: ignore[index]
    assert model.probabilities(row, 2.0).max() < model.probabilities(row).max()
