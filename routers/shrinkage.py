"""Means of few scores, drawn toward the mean of all of an expert's. Knows no query."""

from __future__ import annotations

import numpy as np

from routers.base import Array

LARGEST_VARIANCE = 0.25
"""No score in [0, 1] can vary more."""


def level(Y: Array) -> tuple[Array, Array]:
    """Mean and variance (m,) of each expert's measured scores in Y (n, m).

    One imagined score of the largest variance is counted in, so that a lucky few are not taken for certain.
    """
    counts = np.sum(~np.isnan(Y), axis=0)
    return np.nanmean(Y, axis=0), (counts * np.nanvar(Y, axis=0) + LARGEST_VARIANCE) / (counts + 1)


def shrunk(members: Array, Y: Array, strength: float) -> tuple[Array, Array]:
    """Means and standard errors (K, m) of scores Y (n, m) in K groups, from memberships (n, K).

    The posterior of a normal mean: the prior is the expert's mean over all groups and weighs as much as `strength`
    scores (> 0). With 0/1 scores it is the Beta prior's (wins + strength·mean) / (n + strength).
    """
    mean, noise = level(Y)
    evidence = members.T @ ~np.isnan(Y) + strength
    return (members.T @ np.nan_to_num(Y) + strength * mean) / evidence, np.sqrt(noise / evidence)


def mixed(chances: Array, means: Array, errors: Array) -> tuple[Array, Array]:
    """Mean and std (n, m) where a query belongs to group k with chances (n, K): the law of total variance."""
    mean = chances @ means
    variance = chances @ (means**2 + errors**2) - mean**2
    return np.clip(mean, 0, 1), np.sqrt(np.maximum(variance, 0))
