"""The floor: nobody goes before the best single expert where feedback cannot vouch for him at least as far.

After conservative bandits (Wu et al., 2016): what was learned may only be acted on while what it has brought so far is
not below what the best single expert would surely have brought. Works on values, which are quality less price.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

SURE = 1.645
"""Standard deviations below the mean of a lower bound: one-sided, 95 %."""


def lower(value: Array, std: Array) -> Array:
    """What each is worth at least."""
    return value - SURE * std


def held_back(value: Array, std: Array, baseline: int) -> Array:
    """(m,) bool: whose lower bound is below the baseline's. NaN, where nothing is known, is not."""
    least = lower(value, std)
    return np.asarray(least < least[baseline])


def guarded(value: Array, held: Array, baseline: int) -> Array:
    """The values with those who are held back right behind the baseline, where they were before it."""
    just_below = np.nextafter(value[baseline], -np.inf)
    return np.where(held & (value > just_below), just_below, value)


def surplus(brought: Array, floor: Array, weight: Array) -> float:
    """What the answers given were worth on average (n,) above what the baseline would surely have been (n,).

    NaN in the floor where the baseline could not have been asked; 0 where that is everywhere.
    """
    known = ~np.isnan(floor)
    total = float(weight[known].sum())
    return float(np.sum((weight * (brought - floor))[known])) / total if total > 0 else 0.0
