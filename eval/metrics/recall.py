"""Model recall: how often a right expert is found where only a few are right. Knows scores only."""

from __future__ import annotations

import numpy as np

from eval.metrics.auc import SUCCESS_ABOVE
from routers.base import Array

FEW = 3


def rarely_right(scores: Array, few: int = FEW) -> Array:
    """(n, m) who is right, on questions that 1 to `few` experts answer right; NaN on others and unmeasured ones.

    The mean of what a router chose of these is P(a right one is chosen | 1 to 3 are right): where easy questions, which
    anybody answers, and hopeless ones are set aside.
    """
    right = np.nan_to_num(scores) > SUCCESS_ABOVE
    found = right.sum(axis=1, keepdims=True)
    counted = (found >= 1) & (found <= few) & ~np.isnan(scores)
    cells: Array = np.where(counted, right, np.nan)
    return cells
