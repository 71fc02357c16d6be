"""The floor: nobody goes before the best single expert where feedback cannot vouch for him at least as far.

After conservative bandits (Wu et al., 2016): what was learned may only be acted on while what it has brought so far is
not below what the best single expert would surely have brought. Works on values, which are quality less price.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

SURE = 1.645
"""Standard deviations below the mean of a lower bound: one-sided, 95 %."""

BEHIND = 1e-6
"""So much less than the baseline is worth whoever is held back: a tie would be settled by the price."""


def lower(value: Array, std: Array) -> Array:
    """What each is worth at least."""
    return value - SURE * std


def held_back(value: Array, std: Array, baseline: int) -> Array:
    """(m,) bool: whose lower bound is below the baseline's. NaN, where nothing is known, is not."""
    least = lower(value, std)
    return np.asarray(least < least[baseline])


def guarded(value: Array, held: Array, baseline: int) -> Array:
    """The values with those who are held back right behind the baseline, where they were before it."""
    just_below = value[baseline] - BEHIND
    return np.where(held & (value > just_below), just_below, value)


def surplus(brought: Array, floor: Array, weight: Array) -> float:
    """By how much at most the answers (n,) were worth more, on average, than the baseline would surely have been (n,).

    At most, because below 0 something is done about it: chance alone, and what exploring costs, must not be enough.
    NaN in the floor where the baseline could not have been asked; 0 where that is everywhere.
    """
    known = ~np.isnan(floor)
    weight, above = weight[known], (brought - floor)[known]
    total = float(weight.sum())
    if total <= 0:
        return 0.0
    mean = float(np.sum(weight * above)) / total
    spread = float(np.sum(weight * (above - mean) ** 2)) / total
    return mean + SURE * float(np.sqrt(spread / total))
