"""Multinomial logistic regression on several blocks of features, sparse and dense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

WEIGHTS = "weights:"
"""Prefix of the arrays with the weights of one block each."""
MEMORY = 5
"""Corrections that L-BFGS keeps; each takes as much memory as the weights twice."""

Array = npt.NDArray[np.float32]
Blocks = Mapping[str, Any]
"""Features by block: a matrix with a row for each message, sparse (CSR) or dense."""


@dataclass(frozen=True)
class LinearModel:
    """A trained model.

    Attributes:
        labels: The classes.
        bias: A number for each label.
        weights: By block, columns x labels.
    """

    labels: Sequence[str]
    bias: Array
    weights: Mapping[str, Array]

    def logits(self, blocks: Blocks) -> Array:
        """The logits of each row: rows x labels."""
        return self.bias + sum(_product(blocks[name], weights) for name, weights in self.weights.items())

    def probabilities(self, blocks: Blocks, temperature: float = 1.0) -> Array:
        """The probability of each label for one row. A temperature above 1 lowers the confidence."""
        result: Array = softmax(self.logits(blocks)[0] / temperature)
        return result

    def write(self, file: Path) -> None:
        """Writes labels, bias and weights, the latter in half precision to save space."""
        weights = {f"{WEIGHTS}{name}": weights.astype(np.float16) for name, weights in self.weights.items()}
        np.savez_compressed(file, labels=np.array(self.labels, dtype=str), bias=self.bias, **weights)

    @classmethod
    def read(cls, file: Path) -> LinearModel:
        """Reads what `write` wrote."""
        with np.load(file) as arrays:
            names = [name for name in arrays.files if name.startswith(WEIGHTS)]
            weights = {name.removeprefix(WEIGHTS): arrays[name].astype(np.float32) for name in names}
            return cls(arrays["labels"].tolist(), arrays["bias"], weights)


def fit(blocks: Blocks, targets: Sequence[str], *, C: float, max_iter: int) -> LinearModel:  # noqa: N803
    """Minimises C x the cross-entropy + half the squared norm of the weights, by L-BFGS.

    The objective is that of scikit-learn's LogisticRegression, which takes one sparse matrix only; most features are
    few and dense (sentence embeddings), and as sparse columns they take most of the time.

    Args:
        blocks: The features.
        targets: The label of each row.
        C: Inverse strength of regularisation.
        max_iter: Steps at most.
    """
    labels, indices = np.unique(np.array(targets), return_inverse=True)
    count, rows = len(labels), np.arange(len(indices))
    sizes = {name: matrix.shape[1] for name, matrix in blocks.items()}
    columns = sum(sizes.values())

    def split(flat: npt.NDArray[np.float64]) -> tuple[Array, dict[str, Array]]:
        table = flat.reshape(columns + 1, count).astype(np.float32)
        weights, start = {}, 1
        for name, size in sizes.items():
            weights[name] = table[start : start + size]
            start += size
        return table[0], weights

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        bias, weights = split(flat)
        logits = LinearModel(labels.tolist(), bias, weights).logits(blocks)
        logarithms = log_softmax(logits, axis=1)
        errors = np.exp(logarithms)
        errors[rows, indices] -= 1
        gradient = np.concatenate([errors.sum(axis=0)[None], *(_product(m.T, errors) for m in blocks.values())])
        penalised = flat.copy()
        penalised[:count] = 0
        value = -float(logarithms[rows, indices].sum(dtype=np.float64)) + float(penalised @ penalised) / (2 * C)
        return value, gradient.ravel().astype(np.float64) + penalised / C

    options = {"maxiter": max_iter, "maxcor": MEMORY, "ftol": 1e-6}
    found = minimize(loss, np.zeros((columns + 1) * count), jac=True, method="L-BFGS-B", options=options)
    bias, weights = split(found.x)
    return LinearModel(labels.tolist(), bias, {name: np.ascontiguousarray(w) for name, w in weights.items()})


def _product(matrix: Any, dense: Array) -> Array:
    return np.asarray(matrix @ dense, dtype=np.float32)
