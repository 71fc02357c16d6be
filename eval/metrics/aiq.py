"""AIQ, the mean quality that a router affords over all budgets. Knows points of cost and quality only."""

from __future__ import annotations

import numpy as np

from routers.base import Array
from routers.hull import hull


def aiq(costs: Array, qualities: Array, cheapest: float, dearest: float) -> float | None:
    """1 / (c_max - c_min) · integral over [c_min, c_max] of the points' non-decreasing convex hull.

    RouterBench (arXiv 2403.12031), in the paper's form: the ends are fixed, so that no router's figure depends on which
    others stand beside it; give the mean costs of the cheapest and the dearest single expert. A budget below the
    cheapest point buys nothing (quality 0); beyond the dearest one the hull is flat. None where the ends are one.
    """
    if not dearest > cheapest:
        return None
    reached = hull(costs, qualities)
    first = max(cheapest, float(reached.costs[0]))
    if first >= dearest:
        return 0.0
    between = reached.costs[(reached.costs > first) & (reached.costs < dearest)]
    budgets = np.concatenate([[first], between, [dearest]])
    return float(np.trapezoid(reached.quality(budgets), budgets) / (dearest - cheapest))
