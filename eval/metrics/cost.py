"""CostSave: how much cheaper a router is where it is as good as the best single expert."""

from __future__ import annotations

import numpy as np

from routers.base import Array

ROUNDING = 1e-12


def cost_save(costs: Array, qualities: Array, single_cost: float, single_quality: float) -> float | None:
    """The largest 1 - c / c_single over a router's settings (k,) whose quality is at least the single expert's.

    LLMRouterBench's CostSave. Negative where it must pay more; None where no setting is as good, or the single is free.
    """
    as_good = np.asarray(qualities) >= single_quality - ROUNDING
    if not as_good.any() or single_cost <= 0:
        return None
    return float(1 - np.asarray(costs)[as_good].min() / single_cost)
