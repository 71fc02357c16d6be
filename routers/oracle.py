"""Routers that are told what no router can know: what a perfect reading of the query would be worth.

They are yardsticks for evaluation and read no text: X is the true category, or the outcomes themselves.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.shrinkage import shrunk


class CategoryOracle(Router):
    """The best expert of the true category, by what was measured in training. X (n, 1) holds category numbers.

    Means are shrunk toward the expert's own as if by `strength` scores; a category never met gets that mean.
    """

    columns = {"means_": 1, "errors_": 1}

    categories_: Array
    """(K,) sorted numbers."""
    means_: Array
    errors_: Array
    """(K + 1, m); the last row is of categories never met."""

    def __init__(self, strength: float = 10.0) -> None:
        self.strength = strength

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.categories_ = np.unique(X[:, 0])
        self.means_, self.errors_ = shrunk(self._members(X), Y, self.strength)

    def _added(self, X: Matrix, y: Array) -> Self:
        means, errors = shrunk(self._members(X), y[:, None], self.strength)
        return grown(self, means_=means[:, 0], errors_=errors[:, 0])

    def _members(self, X: Matrix) -> Array:
        members: Array = np.eye(len(self.categories_) + 1)[self._places(X)]
        return members

    def _places(self, X: Matrix) -> Array:
        """(n,) the row of each query's category."""
        places = np.searchsorted(self.categories_, X[:, 0])
        known = self.categories_[np.minimum(places, len(self.categories_) - 1)] == X[:, 0]
        return np.where(known, places, len(self.categories_))

    def predict(self, X: Matrix) -> Prediction:
        places = self._places(X)
        return Prediction.plain(self.means_[places], self.errors_[places], "the true category")


class QueryOracle(Router):
    """Knows every outcome: X (n, m) *is* the outcomes of the queries, its columns those of the Y it was fitted with.

    A missing outcome reads 0, so that it is never preferred to a measured success. A new expert's outcomes are the
    last column of X.
    """

    columns = {"places_": 0}

    places_: Array
    """(m,) the expert's column in X."""

    def _fit(self, X: Matrix, Y: Array) -> None:
        if X.shape[1] != Y.shape[1]:
            raise ValueError(f"X holds the outcomes: {Y.shape[1]} columns are needed, {X.shape[1]} were given")
        self.places_ = np.arange(Y.shape[1])

    def _added(self, X: Matrix, y: Array) -> Self:
        return grown(self, places_=X.shape[1] - 1)

    def predict(self, X: Matrix) -> Prediction:
        mean = np.nan_to_num(np.asarray(X, dtype=np.float64)[:, self.places_])
        return Prediction.plain(mean, np.zeros_like(mean), "the outcome itself")
