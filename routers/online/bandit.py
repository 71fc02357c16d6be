"""Whom to ask in order to learn: at times somebody else than the best, the likelier to be better the oftener.

Every chance is a closed form of what was known before, so that logs can be replayed. Draws nothing itself.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

FLOOR = 0.5
"""The share of exploring that treats all alike: whoever is never asked cannot be told of by any log."""
PROBIT = 1.702
"""The logistic function of so many times x is the normal distribution's of x, to 0.01 (Johnson and Kotz, 1970)."""


def exploring(value: Array, std: Array, front: int, allowed: Array) -> Array:
    """(k,) chances of whom to explore, of those `allowed` (k,) bool; the front alone where that is nobody else.

    In proportion to the chance that each is better than the front, which is what Thompson sampling would draw of two.
    """
    others = allowed & (np.arange(len(value)) != front)
    chances = np.zeros(len(value))
    if not others.any():
        chances[front] = 1.0
        return chances
    spread = np.sqrt(std[others] ** 2 + std[front] ** 2)
    better = 1 / (1 + np.exp(np.clip(-PROBIT * (value[others] - value[front]) / spread, -30, 30)))
    chances[others] = (1 - FLOOR) * better / better.sum() + FLOOR / others.sum()
    return chances
