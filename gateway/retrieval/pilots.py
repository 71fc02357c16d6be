"""Which collections a query is for, and how their similarities compare, without training anything (RouterRetriever).

A collection's pilots are a few centroids of its chunks under the base encoder (Lee et al., RouterRetriever, AAAI 2025,
who take centroids of queries; of a new collection there are none yet). Knows no store.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routers.base import Array

SAMPLE = 256
"""Chunks of a collection that stand for it."""
PILOTS = 8
CHUNKS_PER_PILOT = 16
ROUNDS = 10
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.997, 0.999)


def pilots_of(vectors: Array, most: int = PILOTS) -> Array:
    """(k, d) float32 rows of length one, k <= `most`: spherical k-means of (n, d) unit rows. Nothing is drawn."""
    rows = np.asarray(vectors, dtype=np.float32)
    if not len(rows):
        return rows
    centres = _spread(rows, min(most, -(-len(rows) // CHUNKS_PER_PILOT)))
    for _ in range(ROUNDS):
        nearest = (rows @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, rows)
        centres = _unit(sums, centres)
    return centres


def _spread(rows: Array, count: int) -> Array:
    """Rows to begin with: the one nearest to the mean, then each the least like those before."""
    chosen = [int((rows @ rows.mean(axis=0)).argmax())]
    like = rows @ rows[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(like.argmin()))
        like = np.maximum(like, rows @ rows[chosen[-1]])
    return rows[chosen]


def _unit(sums: Array, otherwise: Array) -> Array:
    """Rows scaled to length one; those of length zero are taken from `otherwise`."""
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: Array = np.where(lengths > 1e-6, sums / np.maximum(lengths, 1e-6), otherwise)
    return unit


def scale_of(own: Array, base: Array) -> tuple[tuple[float, float], ...]:
    """Points of the increasing map from cosines of one encoder to cosines of another, by equal quantiles.

    own, base: (n, d) and (n, e) unit rows of the same texts. Cosines of all pairs of different texts are compared: what
    is as rare under the one as under the other counts as equally similar. Identity where there are under two texts.
    """
    upper = np.triu_indices(len(own), 1)
    if not len(upper[0]):
        return ()
    cosines = [np.clip((rows @ rows.T)[upper], -1, 1) for rows in (own, base)]  # rounding leaves 1 by a little
    points = np.array([np.quantile(found, QUANTILES) for found in cosines]).T
    return tuple((float(x), float(y)) for x, y in _increasing(np.vstack([[-1, -1], points, [1, 1]])))


def _increasing(points: Array) -> list[Array]:
    """Those whose first coordinate goes on growing."""
    kept = [points[0]]
    for point in points[1:]:
        if point[0] > kept[-1][0] + 1e-6:
            kept.append(point)
    return kept


def rescaled(cosines: Array, scale: Sequence[tuple[float, float]]) -> Array:
    """Cosines of a collection's own encoder as the base would have them, about; unchanged without a scale."""
    if not scale:
        return cosines
    own, base = np.array(scale).T
    found: Array = np.interp(cosines, own, base)
    return found


def likeness(query: Array, pilots: Array) -> float:
    """The cosine of (d,) and the nearest of (k, d); of pilots that are not there, or of another encoder: infinite."""
    if pilots.ndim != 2 or not len(pilots) or pilots.shape[1] != len(query):
        return float("inf")
    return float((pilots @ query).max())
