"""The best single expert, as a router: every expert's mean, whatever the query."""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.shrinkage import level


class ConstantRouter(Router):
    """What any other router has to beat."""

    columns = {"means_": 0, "errors_": 0}

    means_: Array
    errors_: Array
    """(m,) mean of what was measured, and its standard error."""

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.means_, noise = level(Y)
        self.errors_ = np.sqrt(noise / np.sum(~np.isnan(Y), axis=0))

    def _added(self, X: Matrix, y: Array) -> Self:
        mean, noise = level(y[:, None])
        return grown(self, means_=mean[0], errors_=np.sqrt(noise[0] / len(y)))

    def predict(self, X: Matrix) -> Prediction:
        shape = (X.shape[0], len(self.means_))
        mean, std = np.broadcast_to(self.means_, shape), np.broadcast_to(self.errors_, shape)
        return Prediction.plain(mean.copy(), std.copy(), "the expert's mean over all queries")
