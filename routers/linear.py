"""One logistic regression per expert on the rows themselves: the plainest router that reads a query."""

from __future__ import annotations

from typing import Self

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.logistic import Logistic, logistic, moments
from routers.standard import Standard


class LinearRouter(Router):
    """P(right) = σ(w_m·u + b_m) on standardised rows u (d).

    spread: the prior std of a query's log odds around the expert's mean, so the penalty is d/(2·spread²)·|w_m|².
    The std is the Laplace posterior's, on the principal axes of the rows. width: how many of the first columns are
    used; None for all.
    """

    columns = {"weights_": 1, "bias_": 0, "weight_variances_": 1, "bias_variances_": 0}

    standard_: Standard
    weights_: Array
    weight_variances_: Array
    """(d, m)"""
    bias_: Array
    bias_variances_: Array
    """(m,)"""

    def __init__(self, spread: float = 0.5, width: int | None = None) -> None:
        self.spread = spread
        self.width = width

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.standard_ = Standard(self.width).fit(X)
        found = self._fits(X, Y)
        self.weights_, self.bias_ = found.weights, found.bias
        self.weight_variances_, self.bias_variances_ = found.weight_variances, found.bias_variances

    def _added(self, X: Matrix, y: Array) -> Self:
        found = self._fits(X, y[:, None])
        return grown(
            self,
            weights_=found.weights[:, 0],
            bias_=found.bias[0],
            weight_variances_=found.weight_variances[:, 0],
            bias_variances_=found.bias_variances[0],
        )

    def _fits(self, X: Matrix, Y: Array) -> Logistic:
        rows = self.standard_.transform(X)
        return logistic(rows, Y, rows.shape[1] / self.spread**2)

    def predict(self, X: Matrix) -> Prediction:
        rows = self.standard_.transform(X)
        variances = rows**2 @ self.weight_variances_ + self.bias_variances_
        mean, std = moments(rows @ self.weights_ + self.bias_, variances)
        return Prediction.plain(mean, std, "by the text's own features")
