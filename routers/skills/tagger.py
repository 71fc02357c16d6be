"""Which skills of a vocabulary a query asks for: one logistic regression per skill on dense rows.

Knows rows, labels and names; no text, no expert. Predicting is one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from routers.base import Array, Matrix
from routers.skills.tags import Tagger, check_keeping

MINIMUM_SPREAD = 1e-6


class SkillTagger(Tagger):
    """p(skill s | row x) = σ(w_s·x + b_s), trained on weak labels with a ridge of strength `ridge` on scaled columns.

    `width`: only the first `width` columns are read. A fitted tagger is kept as it is by scikit-learn's `clone`, like
    a vocabulary: routers are built upon it.
    """

    weights_: Array
    """(d, S) float32."""
    bias_: Array

    def __init__(
        self, keep: float = 3.5, most: int = 5, ridge: float = 10.0, steps: int = 30, width: int | None = None
    ) -> None:
        self.keep = keep
        self.most = most
        self.ridge = ridge
        self.steps = steps
        self.width = width

    def fit(self, X: Matrix, labels: Any, skills: Sequence[str]) -> Self:
        """X (n, d), labels (n, S) of zeros and ones, dense or sparse, and the skills' names. ValueError if they differ.

        Newton steps with the Hessian's upper bound XᵀX/4 (Böhning and Lindsay 1988): one inverse serves all skills.
        """
        check_keeping(self.keep, self.most)
        rows = self._rows(X)
        labels = np.asarray(labels.toarray() if hasattr(labels, "toarray") else labels, dtype=np.float32)
        if labels.shape != (len(rows), len(skills)) or not len(skills):
            raise ValueError(f"labels have shape {labels.shape}; {len(rows)} rows and {len(skills)} skills were given")
        centre, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), MINIMUM_SPREAD)
        slopes, bias = _logistic((rows - centre) / spread, labels, self.ridge, self.steps)
        weights = slopes / spread[:, None]
        self.skills_ = tuple(skills)
        self.weights_, self.bias_ = weights.astype(np.float32), (bias - centre @ weights).astype(np.float32)
        shown = np.maximum(labels.sum(axis=0), 1)
        self.centres_ = ((labels.T @ rows) / shown[:, None]).astype(np.float32)
        self._settle(X)
        return self

    def affinities(self, X: Matrix) -> Array:
        logits = self._rows(X) @ self.weights_ + self.bias_
        chances: Array = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return chances

    def __sklearn_clone__(self) -> Self:
        return self if hasattr(self, "weights_") else type(self)(**self.get_params())

    def _rows(self, X: Matrix) -> Array:
        rows = X[:, : self.width] if self.width is not None else X
        return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float32)


def _logistic(X: Array, labels: Array, ridge: float, steps: int) -> tuple[Array, Array]:
    """Slopes (d, S) and intercepts (S,) of X (n, d) with columns of mean 0; the intercepts are not penalised."""
    rates = np.clip(labels.mean(axis=0), 0.5 / len(X), 1 - 0.5 / len(X))
    bias = np.log(rates / (1 - rates))
    slopes = np.zeros((X.shape[1], labels.shape[1]), dtype=X.dtype)
    inverse = np.linalg.inv(X.T @ X / 4 + ridge * np.eye(X.shape[1], dtype=X.dtype))
    for _ in range(steps):
        missed = labels - 1 / (1 + np.exp(-np.clip(X @ slopes + bias, -30, 30)))
        slopes += inverse @ (X.T @ missed - ridge * slopes)
        bias += missed.sum(axis=0) * 4 / len(X)
    return slopes, bias
