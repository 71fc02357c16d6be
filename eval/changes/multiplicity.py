"""p-values that stand beside one another, adjusted for how many they are. Knows no test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that the chance of any false finding stays below the level (Holm, 1979)."""
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty(len(raw))
    adjusted[order] = np.minimum(stepped, 1.0)
    found: list[float] = adjusted.tolist()
    return found


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that the expected share of false ones among the findings stays below the level (1995)."""
    from scipy.stats import false_discovery_control

    if not p_values:
        return []
    found: list[float] = false_discovery_control(np.asarray(p_values, dtype=np.float64)).tolist()
    return found
