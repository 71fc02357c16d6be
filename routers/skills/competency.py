"""From suitability to expected quality: a small logistic map, and the global competency it takes in.

Knows rates, no skills and no queries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.skills.rates import logit, sigmoid

CLOSEST = 1e-3
"""Rates are kept this far from 0 and 1."""


@dataclass(frozen=True, slots=True)
class QualityMap:
    """quality = σ(offset + suitability·logit(L) + competency·logit(G)), rising in both: its slopes are never below 0.

    L (n, m) is how well an expert's skills suit a query, G (m,) its overall rate.
    """

    offset: float = 0.0
    suitability: float = 1.0
    competency: float = 0.0

    def quality(self, L: Array, G: Array) -> Array:
        """(n, m) in (0, 1)."""
        return sigmoid(self.offset + self.suitability * _logit(L) + self.competency * _logit(G))

    def slope(self, L: Array, G: Array) -> Array:
        """(n, m): how fast the quality rises with L."""
        L, quality = np.clip(L, CLOSEST, 1 - CLOSEST), self.quality(L, G)
        return np.asarray(self.suitability * quality * (1 - quality) / (L * (1 - L)))


def fit_quality(L: Array, G: Array, Y: Array, ridge: float = 1.0) -> QualityMap:
    """Maximum likelihood on the measured cells of Y (n, m), half right counting half; few cells leave L as it is."""
    from scipy.optimize import minimize

    seen = ~np.isnan(Y)
    features = np.stack([np.ones(seen.sum()), _logit(L)[seen], np.broadcast_to(_logit(G), Y.shape)[seen]], axis=1)
    start, y = np.array([0.0, 1.0, 0.0]), Y[seen]

    def loss(slopes: Array) -> tuple[float, Array]:
        z, moved = features @ slopes, slopes - start
        value = np.logaddexp(0, z).sum() - y @ z + ridge * moved @ moved / 2
        return float(value), features.T @ (sigmoid(z) - y) + ridge * moved

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None), (0, None)])
    return QualityMap(*(float(slope) for slope in found.x))


def global_competency(rates: Array, temperature: float = 0.5) -> Array:
    """(m,), summing to 1: rates^(1/T) / Σ rates^(1/T), a power normalisation and no softmax (arXiv 2503.05641).

    Where a rate is below 0, as a sum of +1 and -1 can be, all are shifted by 1 - min.
    """
    rates = np.asarray(rates, dtype=np.float64)
    powers = np.power(rates if rates.min() >= 0 else rates - rates.min() + 1, 1 / temperature)
    return np.asarray(powers / powers.sum()) if powers.sum() > 0 else np.full(len(rates), 1 / len(rates))


def _logit(rates: Array) -> Array:
    return logit(np.clip(rates, CLOSEST, 1 - CLOSEST))
