"""Matrix factorisation: queries and experts meet in a small space.

RouteLLM (arXiv 2406.18665) and EmbedLLM (arXiv 2410.02223) score w·(v_m ⊙ W x); w goes into v_m here, and the noise
they put on x is the penalty on W (Bishop 1995, training with noise is Tikhonov regularization).
"""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.logistic import Logistic, cross_entropy, level_logits, logistic, moments
from routers.standard import Standard


class FactorRouter(Router):
    """P(right) = σ(v_m·(W u) + b_m) on standardised rows u (d).

    factors: the size of the space; more than there are experts is no use. strength: the penalty on the singular values
    of all weights together, in units of those that pure noise would have. An expert's vector is drawn toward those of
    the others, a newcomer's too. Nothing is drawn by lot: it starts from one regression per expert.
    """

    columns = {"vectors_": 1, "bias_": 0, "vector_variances_": 1, "bias_variances_": 0}

    standard_: Standard
    projection_: Array
    """(d, k), scaled so that the experts' vectors vary by 1 around the prior."""
    prior_: Array
    """(k,) the mean expert."""
    vectors_: Array
    vector_variances_: Array
    """(k, m)"""
    bias_: Array
    bias_variances_: Array
    """(m,)"""

    def __init__(self, factors: int = 8, strength: float = 0.2, width: int | None = None, iterations: int = 60) -> None:
        self.factors = factors
        self.strength = strength
        self.width = width
        self.iterations = iterations

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.standard_ = Standard(self.width).fit(X)
        rows = self.standard_.transform(X)
        projection, vectors = factorised(rows, Y, self.factors, self.strength, self.iterations)
        experts = np.column_stack([vectors, np.zeros(len(vectors))])  # an imagined one, to whom all queries are alike
        spread = np.maximum(experts.std(axis=1), np.finfo(np.float64).tiny)
        self.projection_, self.prior_ = projection * spread, experts.mean(axis=1) / spread
        found = self._fits(X, Y)
        self.vectors_, self.bias_ = found.weights, found.bias
        self.vector_variances_, self.bias_variances_ = found.weight_variances, found.bias_variances

    def _fits(self, X: Matrix, Y: Array) -> Logistic:
        return logistic(self.standard_.transform(X) @ self.projection_, Y, 1.0, self.prior_)

    def _added(self, X: Matrix, y: Array) -> Self:
        found = self._fits(X, y[:, None])
        return grown(
            self,
            vectors_=found.weights[:, 0],
            bias_=found.bias[0],
            vector_variances_=found.weight_variances[:, 0],
            bias_variances_=found.bias_variances[0],
        )

    def predict(self, X: Matrix) -> Prediction:
        space = self.standard_.transform(X) @ self.projection_
        variances = space**2 @ self.vector_variances_ + self.bias_variances_
        mean, std = moments(space @ self.vectors_ + self.bias_, variances)
        return Prediction.plain(mean, std, "by how experts and texts lie together")


def factorised(rows: Array, Y: Array, factors: int, strength: float, iterations: int) -> tuple[Array, Array]:
    """W (d, k) and V (k, m) for rows (n, d) and scores Y (n, m); the columns of rows @ W are orthogonal.

    The penalty on |W|² + |V|² is one on the singular values of WV (Srebro 2005); ½·√n·(√d + √m) is about the largest
    that the gradient has where rows say nothing of scores.
    """
    from scipy.optimize import minimize

    measured, scores, centre = ~np.isnan(Y), np.nan_to_num(Y), level_logits(Y)
    d, m = rows.shape[1], Y.shape[1]
    k = min(factors, d, m)
    penalty = strength * 0.5 * np.sqrt(measured.sum() / m) * (np.sqrt(d) + np.sqrt(m))

    def loss(flat: Array) -> tuple[float, Array]:
        projection, vectors = flat[: d * k].reshape(d, k), flat[d * k :].reshape(k, m)
        space = rows @ projection
        value, slope = cross_entropy(space @ vectors + centre, scores, measured)
        into_space = rows.T @ (slope @ vectors.T) + penalty * projection
        into_vectors = space.T @ slope + penalty * vectors
        return value + 0.5 * penalty * float(flat @ flat), np.append(into_space, into_vectors)

    left, sizes, right = np.linalg.svd(logistic(rows, Y, penalty).weights, full_matrices=False)
    roots = np.sqrt(sizes[:k])
    start = np.append(left[:, :k] * roots, roots[:, None] * right[:k])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations}).x
    projection, vectors = found[: d * k].reshape(d, k), found[d * k :].reshape(k, m)
    turn = np.linalg.eigh((rows @ projection).T @ (rows @ projection))[1][:, ::-1]
    return projection @ turn, turn.T @ vectors
