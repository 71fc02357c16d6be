"""From an embedding to category chances: a linear softmax, averaged with the bag of words' own and calibrated.

The two err on different queries, so their average is better than either. Knows no expert and no text.
"""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np

from routers.base import Array, Estimator
from routers.classifier import softmax

WEIGHTS = np.linspace(0.0, 2.0, 21)
SCALES = np.geomspace(0.2, 3.0, 31)


class CategoryHead(Estimator):
    """p(k|q) = softmax(s·(z_e + w·z_b))ₖ, z_e = E·W + b from the embedding and z_b the logits of the bag of words."""

    categories_: tuple[str, ...]
    coefficients_: Array
    """(d, K)."""
    intercept_: Array
    weight_: float
    scale_: float

    def __init__(self, C: float = 1.0, max_iter: int = 300) -> None:
        self.C = C
        self.max_iter = max_iter

    def fit(self, E: Array, y: Array, weights: Array) -> Self:
        """E (n, d) embeddings, y (n,) names of categories, weights (n,) how much each row counts."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        linear = LogisticRegression(C=self.C, max_iter=self.max_iter, tol=1e-4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            linear.fit(E, y, sample_weight=weights)
        self.categories_ = tuple(str(name) for name in linear.classes_)
        self.coefficients_ = linear.coef_.T.astype(np.float32)
        self.intercept_ = linear.intercept_.astype(np.float32)
        self.weight_, self.scale_ = 0.0, 1.0
        return self

    def calibrate(self, E: Array, bag: Array, truth: Array) -> Self:
        """The weight and the scale with the smallest negative log likelihood on held-out rows; truth (n,) columns."""
        best = np.inf
        for weight in WEIGHTS:
            logits = self.logits(E) + weight * bag
            for scale in SCALES:
                chances = softmax(scale * logits)
                loss = -np.log(np.clip(chances[np.arange(len(truth)), truth], 1e-6, 1)).mean()
                if loss < best - 1e-9:
                    best, self.weight_, self.scale_ = float(loss), float(weight), float(scale)
        return self

    def logits(self, E: Array) -> Array:
        found: Array = E @ self.coefficients_ + self.intercept_
        return found

    def predict_proba(self, E: Array, bag: Array) -> Array:
        """(n, K) from embeddings (n, d) and the bag of words' logits (n, K)."""
        return softmax(self.scale_ * (self.logits(E) + self.weight_ * bag))
