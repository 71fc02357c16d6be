"""RouterBench's zero router (arXiv 2403.12031): the best mixture of single experts that a budget affords.

It reads no query. A router that does not beat it is worth nothing to somebody who pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction
from routers.chance import draws
from routers.constant import ConstantRouter
from routers.growth import grown
from routers.hull import hull
from routers.shrinkage import level


class ZeroRouter(ConstantRouter):
    """Each row is given to one of two experts by lot; every other expert's quality reads 0, so that the argmax is it.

    costs: mean cost of a query, by column of Y; None where all cost the same. budget: what a query may cost on
    average, None for any. Which of the two a row is given to depends on the seed and the row alone.
    """

    columns = {"means_": 0, "errors_": 0, "costs_": 0}

    costs_: Array

    def __init__(self, costs: Sequence[float] | None = None, budget: float | None = None, seed: int = 0) -> None:
        self.costs = costs
        self.budget = budget
        self.seed = seed

    def _fit(self, X: Matrix, Y: Array) -> None:
        super()._fit(X, Y)
        self.costs_ = np.zeros(Y.shape[1]) if self.costs is None else np.asarray(self.costs, dtype=np.float64)
        if self.costs_.shape != (Y.shape[1],):
            raise ValueError(f"{Y.shape[1]} experts need as many costs, {len(self.costs_)} were given")

    def _added(self, X: Matrix, y: Array) -> Self:
        """The newcomer's cost is not known here, so it is beyond any budget."""
        mean, noise = level(y[:, None])
        return grown(self, means_=mean[0], errors_=np.sqrt(noise[0] / len(y)), costs_=np.inf)

    def predict(self, X: Matrix) -> Prediction:
        budget = np.inf if self.budget is None else self.budget
        cheaper, dearer, share = hull(self.costs_, self.means_).mixture(budget)
        chosen = np.where(draws(X, self.seed, 1)[:, 0] < share, dearer, cheaper)
        drawn = np.arange(len(self.means_)) == chosen[:, None]
        std = np.broadcast_to(self.errors_, drawn.shape).copy()
        return Prediction.plain(np.where(drawn, self.means_, 0.0), std, "drawn by lot within the budget")
