"""What mixtures of (cost, quality) points can reach: RouterBench's non-decreasing convex hull (arXiv 2403.12031).

Knows no router: the points are experts, or one router's settings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array


@dataclass(frozen=True, slots=True)
class Hull:
    """The corners, by rising cost and rising quality; each segment is a random mixture of its two ends.

    places: which of the given points each corner is.
    """

    costs: Array
    qualities: Array
    places: Array

    def quality(self, budget: Array | float) -> Array:
        """The best mean quality at these mean costs; flat beyond the dearest corner, NaN below the cheapest."""
        return np.asarray(np.interp(budget, self.costs, self.qualities, left=np.nan))

    def mixture(self, budget: float) -> tuple[int, int, float]:
        """The cheaper and the dearer point to mix and the dearer one's share; the cheapest where none is affordable."""
        share = float(np.interp(budget, self.costs, np.arange(len(self.costs))))
        lower = min(int(share), max(len(self.costs) - 2, 0))
        upper = min(lower + 1, len(self.costs) - 1)
        return int(self.places[lower]), int(self.places[upper]), share - lower


def hull(costs: Array, qualities: Array) -> Hull:
    """The upper concave, non-decreasing hull of points (k,); a point of infinite cost is left out."""
    costs, qualities = np.asarray(costs, dtype=np.float64), np.asarray(qualities, dtype=np.float64)
    corners: list[int] = []
    for place in np.lexsort((-qualities, costs)):
        if not np.isfinite(costs[place]) or (corners and qualities[place] <= qualities[corners[-1]]):
            continue
        while len(corners) > 1 and not _bends_down(costs, qualities, corners[-2], corners[-1], place):
            corners.pop()
        corners.append(int(place))
    if not corners:
        raise ValueError(f"none of {len(costs)} points has a finite cost")
    return Hull(costs[corners], qualities[corners], np.array(corners))


def _bends_down(costs: Array, qualities: Array, first: int, middle: int, last: int) -> bool:
    """The middle point lies above the straight line between the others."""
    rise = (qualities[middle] - qualities[first]) * (costs[last] - costs[first])
    return bool(rise > (qualities[last] - qualities[first]) * (costs[middle] - costs[first]))
