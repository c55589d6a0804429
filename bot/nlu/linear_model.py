"""Multinomial logistic regression on several blocks of features, sparse and dense."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

WEIGHTS = "weights:"
"""Prefix of the arrays with the weights of one block each."""
MEMORY = 5
"""Corrections that L-BFGS keeps; each takes as much memory as the weights twice."""

MAX_THREADS = 4
"""Of the fit; each takes as much memory as the weights."""

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
    count = len(labels)
    sizes = {name: matrix.shape[1] for name, matrix in blocks.items()}
    columns = sum(sizes.values())

    def split(flat: npt.NDArray[np.float64]) -> tuple[Array, dict[str, Array]]:
        table = flat.reshape(columns + 1, count).astype(np.float32)
        weights, start = {}, 1
        for name, size in sizes.items():
            weights[name] = table[start : start + size]
            start += size
        return table[0], weights

    def part_of_loss(part: tuple[Blocks, npt.NDArray[np.intp]], model: LinearModel) -> tuple[float, list[Array]]:
        """Cross-entropy of some rows, and its gradient: of the bias, then of the weights of each block."""
        features, expected = part
        logarithms = log_softmax(model.logits(features), axis=1)
        errors = np.exp(logarithms)
        rows = np.arange(len(expected))
        errors[rows, expected] -= 1
        gradient = [errors.sum(axis=0)[None], *(_product(matrix.T, errors) for matrix in features.values())]
        return -float(logarithms[rows, expected].sum(dtype=np.float64)), gradient

    cores = min(os.cpu_count() or 1, MAX_THREADS)
    bounds = np.linspace(0, len(indices), cores + 1).astype(int)
    parts = [({n: m[a:b] for n, m in blocks.items()}, indices[a:b]) for a, b in pairwise(bounds)]
    pool = ThreadPoolExecutor(cores)  # SciPy and NumPy multiply without the interpreter's lock

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        bias, weights = split(flat)
        model = LinearModel(labels.tolist(), bias, weights)
        values, gradients = zip(*pool.map(lambda part: part_of_loss(part, model), parts), strict=True)
        gradient = np.concatenate([np.sum(pieces, axis=0) for pieces in zip(*gradients, strict=True)])
        penalised = flat / C
        penalised[:count] = 0
        return sum(values) + float(flat @ penalised) / 2, gradient.ravel() + penalised

    options = {"maxiter": max_iter, "maxcor": MEMORY, "ftol": 1e-6}
    with pool, threadpool_limits(1):  # the parts are the threads
        found = minimize(loss, np.zeros((columns + 1) * count), jac=True, method="L-BFGS-B", options=options)
    bias, weights = split(found.x)
    return LinearModel(labels.tolist(), bias, {name: np.ascontiguousarray(w) for name, w in weights.items()})


def _product(matrix: Any, dense: Array) -> Array:
    return np.asarray(matrix @ dense, dtype=np.float32)
