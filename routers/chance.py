"""Chance, as a router: the floor under every comparison."""

from __future__ import annotations

from typing import Self
from zlib import crc32

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.rows import dense

UNIFORM_STD = 12**-0.5


class RandomRouter(Router):
    """Uniform numbers that depend on the seed, the row and the expert alone: the same in any batch and any order."""

    columns = {"draws_": 0}

    draws_: Array
    """(m,) which of a row's draws is the expert's."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.draws_ = np.arange(Y.shape[1])

    def _added(self, X: Matrix, y: Array) -> Self:
        return grown(self, draws_=self.draws_.max(initial=-1) + 1)

    def predict(self, X: Matrix) -> Prediction:
        mean = draws(X, self.seed, int(self.draws_.max(initial=-1)) + 1)[:, self.draws_]
        return Prediction.plain(mean, np.full(mean.shape, UNIFORM_STD), "drawn by lot")


def draws(X: Matrix, seed: int, count: int) -> Array:
    """(n, count) uniform numbers in [0, 1) that depend on the seed and the row's contents only."""
    rows = np.ascontiguousarray(dense(X)) + 0.0  # -0.0 is 0.0
    drawn = [np.random.default_rng([seed, crc32(row.tobytes())]).random(count) for row in rows]
    return np.array(drawn).reshape(len(rows), count)
