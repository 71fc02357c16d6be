"""Experts as vectors among the queries that they answer and others fail: RouterDC (arXiv 2409.19886) on fixed rows.

A cosine only ranks experts, so each expert's is calibrated to a quality by a logistic regression of its own.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.contrast import Pairs, contrast, through_unit
from routers.growth import grown
from routers.logistic import logistic, moments
from routers.rows import unit
from routers.standard import Standard


class ContrastiveRouter(Router):
    """P(right) = σ(a_m·cos(W u, v_m) + b_m) on standardised rows u.

    factors: the size of the space. contrasted: how many of the best and of the worst experts a query contrasts.
    temperature divides the cosines in the loss. iterations: cosines know no length that could be penalised, so stopping
    early regularises. strength: the penalty on what a new expert's vector is made of.
    """

    columns = {"vectors_": 1, "slopes_": 0, "bias_": 0, "slope_variances_": 0, "bias_variances_": 0}

    standard_: Standard
    projection_: Array
    """(d, k)"""
    vectors_: Array
    """(k, m), of length one."""
    slopes_: Array
    bias_: Array
    slope_variances_: Array
    bias_variances_: Array
    """(m,) of the calibration."""

    def __init__(
        self,
        factors: int = 32,
        contrasted: int = 5,
        temperature: float = 0.5,
        strength: float = 10.0,
        width: int | None = None,
        iterations: int = 20,
        seed: int = 0,
    ) -> None:
        self.factors = factors
        self.contrasted = contrasted
        self.temperature = temperature
        self.strength = strength
        self.width = width
        self.iterations = iterations
        self.seed = seed

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.standard_ = Standard(self.width).fit(X)
        rows = self.standard_.transform(X)
        self.projection_, self.vectors_ = self._contrasted(rows, Pairs.of(Y, self.contrasted, self.seed))
        cosines = unit(rows @ self.projection_) @ self.vectors_
        fits = [_calibrated(cosines[:, m], Y[:, m]) for m in range(Y.shape[1])]
        self.slopes_, self.bias_, self.slope_variances_, self.bias_variances_ = np.array(fits).T

    def _contrasted(self, rows: Array, pairs: Pairs) -> tuple[Array, Array]:
        """W (d, k) and the experts' vectors (k, m), by L-BFGS from a random start."""
        from scipy.optimize import minimize

        k, d, m = self.factors, rows.shape[1], pairs.good.shape[1]
        chance = np.random.default_rng(self.seed)

        def loss(flat: Array) -> tuple[float, Array]:
            projection, vectors = flat[: d * k].reshape(d, k), flat[d * k :].reshape(m, k)
            space = rows @ projection
            queries, experts = unit(space), unit(vectors)
            value, slope = contrast(queries @ experts.T / self.temperature, pairs)
            slope /= self.temperature
            into_space = rows.T @ through_unit(slope @ experts, space, queries)
            return value, np.append(into_space, through_unit(slope.T @ queries, vectors, experts))

        start = np.append(chance.normal(0, d**-0.5, d * k), chance.normal(0, 1, m * k))
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": self.iterations}).x
        return found[: d * k].reshape(d, k), unit(found[d * k :].reshape(m, k)).T

    def _added(self, X: Matrix, y: Array) -> Self:
        """What others scored on these rows is not known, so its vector contrasts its own good and failed queries."""
        queries = unit(self.standard_.transform(X) @ self.projection_)
        vector = unit(logistic(queries, y[:, None], self.strength).weights.T)[0]
        slope, bias, slope_variance, bias_variance = _calibrated(queries @ vector, y)
        return grown(
            self,
            vectors_=vector,
            slopes_=slope,
            bias_=bias,
            slope_variances_=slope_variance,
            bias_variances_=bias_variance,
        )

    def predict(self, X: Matrix) -> Prediction:
        cosines = unit(self.standard_.transform(X) @ self.projection_) @ self.vectors_
        variances = cosines**2 * self.slope_variances_ + self.bias_variances_
        mean, std = moments(cosines * self.slopes_ + self.bias_, variances)
        return Prediction.plain(mean, std, "by which experts' queries it lies among")


def _calibrated(cosines: Array, scores: Array) -> tuple[float, float, float, float]:
    """Slope and bias of a logistic regression of an expert's scores (n,) on its cosines (n,), and their variances."""
    found = logistic(cosines[:, None], scores[:, None], strength=1.0)
    numbers = (found.weights[0, 0], found.bias[0], found.weight_variances[0, 0], found.bias_variances[0])
    slope, bias, slope_variance, bias_variance = (float(number) for number in numbers)
    return slope, bias, slope_variance, bias_variance
