"""LLMRouterBench's figures: accuracies by dataset against chance, the best single expert and the oracle.

After the paper's definitions and `ynulihao/LLMRouterBench`. A dataset on which the reference has nothing right says
nothing. Arrays end in datasets (..., d); leading axes are resamples. Knows no router.
"""

from __future__ import annotations

import numpy as np

from eval.metrics.ratio import ratio
from routers.base import Array


def gain(accuracies: Array, reference: Array) -> Array:
    """Gain@R and Gain@B: the mean over datasets of accuracy over the reference's - 1; NaN where no dataset counts."""
    return _mean(np.asarray(accuracies) - reference, reference)


def gap_at_oracle(accuracies: Array, oracle: Array) -> Array:
    """Gap@O: the mean over datasets of 1 - accuracy over the oracle's."""
    return -gain(accuracies, oracle)


def best_everywhere(singles: Array) -> int:
    """The best single expert of Gain@B as its text has it: one expert, of the highest mean over datasets (d, m)."""
    return int(np.nanmean(singles, axis=0).argmax())


def best_each(singles: Array) -> Array:
    """The best single expert of Gain@B as the code has it: another for every dataset, (d,) columns of (d, m)."""
    best: Array = np.where(np.isnan(singles), -np.inf, singles).argmax(axis=1)
    return best


def perf_gain(qualities: Array, single: Array | float) -> Array:
    """PerfGain: the best of a router's settings (..., k) over the best single expert, relative: q / q_single - 1."""
    return ratio(np.max(qualities, axis=-1) - single, single)


def pareto_distance(
    costs: Array, qualities: Array, all_costs: Array, all_qualities: Array, cheapest: float, dearest: float
) -> float | None:
    """ParetoDist: the mean distance of a router's settings (k,) to the points that no other of all points (K,) beats.

    The paper does not state its scale. Here dollars are divided by dearest - cheapest, the ends of the single experts,
    and qualities are as they are. Unlike every other figure this depends on which routers stand side by side. None
    where the ends are one.
    """
    if not dearest > cheapest:
        return None
    order = np.lexsort((-all_qualities, all_costs))
    highest = np.maximum.accumulate(all_qualities[order])
    beats = np.concatenate([[True], all_qualities[order][1:] > highest[:-1]])
    front = order[beats]
    dear = (costs[:, None] - all_costs[front]) / (dearest - cheapest)
    return float(np.hypot(dear, qualities[:, None] - all_qualities[front]).min(axis=1).mean())


def _mean(differences: Array, reference: Array) -> Array:
    """The mean over the last axis of differences / reference, where the reference is above 0."""
    shares = ratio(differences, reference)
    return ratio(np.nansum(shares, axis=-1), np.sum(~np.isnan(shares), axis=-1))
