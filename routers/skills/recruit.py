"""Whom to ask where several experts may be asked: the best ones, or a draw by weight (arXiv 2503.05641).

Knows weights and numbers of experts; no query, no name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from routers.base import Array
from routers.skills.competency import global_competency


def recruiting_weights(suitability: Array, rates: Array, temperature: float = 0.5) -> Array:
    """(m,), summing to 1: suitability (m,) times global competency, for one query.

    Only who has a suitability above 0 is recruited; where nobody has, all are shifted by 1 - min.
    """
    suitability = np.asarray(suitability, dtype=np.float64)
    fit = np.maximum(suitability, 0) if (suitability > 0).any() else suitability - suitability.min() + 1
    weights = fit * global_competency(rates, temperature)
    if weights.sum() == 0:
        weights = fit
    return np.asarray(weights / weights.sum())


def recruit_best(weights: Array, k: int) -> Mapping[int, int]:
    """The k experts of the greatest weight, each called once; ties go to the earlier. Fewer where fewer have any."""
    order = np.argsort(-np.asarray(weights), kind="stable")[:k]
    return {int(place): 1 for place in order if weights[place] > 0}


def recruit_drawn(weights: Array, k: int, *, seed: int, replace: bool = True) -> Mapping[int, int]:
    """k calls drawn by weight: expert -> how often, the most often drawn first.

    With replacement an expert drawn twice is asked twice, as in the paper; without it, at most once.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if not replace:
        k = min(k, int((weights > 0).sum()))
    drawn = np.random.default_rng(seed).choice(len(weights), size=k, replace=replace, p=weights / weights.sum())
    return dict(Counter(drawn.tolist()).most_common())
