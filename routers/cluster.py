"""Clusters of queries and how good each expert is in each: Avengers-Pro without its ranks.

https://github.com/ZhangYiqun018/AvengersPro weighs the nearest clusters by softmax(sharpness·cosine) and adds up
reciprocal ranks; here shrunk mean scores are added up, so that margins count and small clusters do not shout.
"""

from __future__ import annotations

import warnings
from math import ceil
from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.rows import dense, unit
from routers.shrinkage import mixed, shrunk


class ClusterRouter(Router):
    """Expected quality: shrunk cluster means, averaged over the `nearest` clusters.

    strength: how many scores the expert's own mean weighs in each cluster; there are no more clusters than have as
    many rows on average. width: how many of the first columns are compared; None for all.
    """

    columns = {"means_": 1, "errors_": 1}

    centres_: Array
    """(K, d) float32 of length one."""
    means_: Array
    errors_: Array
    """(K, m)"""

    def __init__(
        self,
        clusters: int = 64,
        nearest: int = 3,
        sharpness: float = 9.0,
        strength: float = 20.0,
        width: int | None = None,
        seed: int = 0,
    ) -> None:
        self.clusters = clusters
        self.nearest = nearest
        self.sharpness = sharpness
        self.strength = strength
        self.width = width
        self.seed = seed

    def _fit(self, X: Matrix, Y: Array) -> None:
        rows = unit(dense(X, self.width))
        self.centres_ = unit(_centres(rows, min(self.clusters, ceil(len(rows) / self.strength)), self.seed))
        self.means_, self.errors_ = shrunk(self._members(rows), Y, self.strength)

    def _added(self, X: Matrix, y: Array) -> Self:
        means, errors = shrunk(self._members(unit(dense(X, self.width))), y[:, None], self.strength)
        return grown(self, means_=means[:, 0], errors_=errors[:, 0])

    def _members(self, rows: Array) -> Array:
        """(n, K): 1 in the column of the nearest centre."""
        own = (rows @ self.centres_.T).argmax(axis=1)
        members: Array = np.eye(len(self.centres_))[own]
        return members

    def predict(self, X: Matrix) -> Prediction:
        cosines = (unit(dense(X, self.width)) @ self.centres_.T).astype(np.float64)
        count = min(self.nearest, len(self.centres_))
        threshold = np.partition(cosines, -count, axis=1)[:, -count, None]
        weights = np.where(cosines >= threshold, np.exp(self.sharpness * (cosines - 1)), 0)
        mean, std = mixed(weights / weights.sum(axis=1, keepdims=True), self.means_, self.errors_)
        own, alike = cosines.argmax(axis=1), cosines.max(axis=1)
        reasons = tuple(f"as on the queries of cluster {k} (cosine {c:.2f})" for k, c in zip(own, alike, strict=True))
        return Prediction(mean, std, np.ones(len(mean)), ("",) * len(mean), reasons)


def _centres(rows: Array, clusters: int, seed: int) -> Array:
    """k-means on rows of length one: there the nearest by distance is the nearest by cosine."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than clusters: some stay empty
        centres: Array = KMeans(clusters, n_init=4, random_state=seed).fit(rows).cluster_centers_
    return centres
