"""Nearest neighbours: an expert will do as it did on the known queries most like this one.

RouterBench (arXiv 2403.12031) and EmbedLLM (arXiv 2410.02223) have it as their baseline.
"""

from __future__ import annotations

from math import isqrt
from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.nearest import nearest
from routers.rows import dense, unit
from routers.shrinkage import level

SAME = 1 - 1e-3
"""Cosine from which on two rows are the same query; half precision makes this much of a difference."""


class NeighboursRouter(Router):
    """Mean score over the nearest rows by cosine, drawn toward the expert's mean as if by `strength` more scores.

    width: how many of the first columns are compared; None for all.
    """

    columns = {"scores_": 1, "means_": 0, "noise_": 0, "seen_": 0}

    rows_: Array
    """(N, d) float32 of length one, in half precision: compressed they take half the room."""
    scores_: Array
    """(N, m) float32, NaN where not measured."""
    means_: Array
    noise_: Array
    seen_: Array
    """(m,) on how many rows the expert was measured: more of its neighbours than that tell nothing new."""

    def __init__(self, neighbours: int = 50, strength: float = 5.0, width: int | None = None) -> None:
        self.neighbours = neighbours
        self.strength = strength
        self.width = width

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.rows_ = unit(dense(X, self.width)).astype(np.float16).astype(np.float32)
        self.scores_ = Y.astype(np.float32)
        self.means_, self.noise_ = level(Y)
        self.seen_ = np.sum(~np.isnan(Y), axis=0)

    def _added(self, X: Matrix, y: Array) -> Self:
        """A known row that the expert was not measured on gets the mean of the nearest √n that it was measured on.

        The mean over the neighbours follows when a query comes, so these can be few.
        """
        known = unit(dense(X, self.width))
        scores = np.empty(len(self.rows_))
        for part, places, alike in nearest(self.rows_, known, min(self.neighbours, isqrt(len(y)))):
            own = y[np.take_along_axis(places, alike.argmax(axis=1)[:, None], axis=1)[:, 0]]
            scores[part] = np.where(alike.max(axis=1) > SAME, own, y[places].mean(axis=1))
        mean, noise = level(y[:, None])
        return grown(self, scores_=scores, means_=mean[0], noise_=noise[0], seen_=len(y))

    def predict(self, X: Matrix) -> Prediction:
        rows = unit(dense(X, self.width))
        mean = np.empty((len(rows), len(self.means_)))
        evidence = np.empty(mean.shape)
        closest = np.empty(len(rows))
        for part, places, alike in nearest(rows, self.rows_, self.neighbours, len(self.means_)):
            mean[part], evidence[part] = self._local(places)
            closest[part] = alike.max(axis=1)
        reasons = tuple(f"as on the most similar known queries (nearest {cosine:.2f})" for cosine in closest)
        plain = Prediction.plain(np.clip(mean, 0, 1), np.sqrt(self.noise_ / evidence), "")
        return Prediction(plain.mean, plain.std, plain.confidence, plain.labels, reasons)

    def _local(self, places: Array) -> tuple[Array, Array]:
        """Mean and number of scores (n, m), the prior's included, on the rows at places (n, k)."""
        scores = self.scores_[places]
        measured = ~np.isnan(scores)
        found = measured.sum(axis=1)
        local = np.where(measured, scores, 0).sum(axis=1) / np.maximum(found, 1)
        counts = np.minimum(found, self.seen_)
        evidence = counts + self.strength
        return (counts * local + self.strength * self.means_) / evidence, evidence
