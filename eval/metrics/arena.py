"""RouterArena's figures (arXiv 2510.00202 and its `compute_scores`): the arena score, and how near to the best choice.

A question's best choice is the cheapest expert that is right; questions that nobody answers right have none. The
board's own values fit the definitions only where they are taken over right answers alone, so both readings are here.
Knows matrices of scores and dollars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.metrics.auc import SUCCESS_ABOVE
from eval.metrics.ratio import ratio
from routers.base import Array

CHEAPEST, DEAREST = 0.0044, 200.0
"""The ends of the published code, in dollars per 1,000 questions; the text says the ends of the pool."""
BETA = 0.1
ROUTER_OVERHEAD_MS = 10.0
"""Milliseconds that RouterArena takes off before it scores a latency."""
ROUNDING = 1e-9


def cost_score(cost_per_1k: Array | float, cheapest: float = CHEAPEST, dearest: float = DEAREST) -> Array:
    """(log₂ c_max - log₂ c) / (log₂ c_max - log₂ c_min), c kept between the ends; NaN without 0 < c_min < c_max."""
    costs = np.asarray(cost_per_1k, dtype=np.float64)
    if not 0 < cheapest < dearest:
        return np.full(costs.shape, np.nan)
    score: Array = np.log2(dearest / np.clip(costs, cheapest, dearest)) / np.log2(dearest / cheapest)
    return score


def arena_score(
    accuracy: Array | float, cost_per_1k: Array | float, cheapest: float = CHEAPEST, dearest: float = DEAREST
) -> Array:
    """(1 + β)·A·C / (β·A + C), β = 0.1: the harmonic mean of accuracy (weight 0.909) and cost score (0.091)."""
    cheapness = cost_score(cost_per_1k, cheapest, dearest)
    right = np.asarray(accuracy, dtype=np.float64)
    below = BETA * right + cheapness
    product = (1 + BETA) * right * cheapness
    return np.divide(product, below, out=np.where(np.isnan(below), np.nan, 0.0), where=below > 0)


def latency_score(milliseconds: float) -> float:
    """1 / (L - 10), kept in [0, 1]: the published form breaks for a router that needs less than 11 ms."""
    beyond = milliseconds - ROUTER_OVERHEAD_MS
    return 1.0 if beyond <= 1 else 1 / beyond


@dataclass(frozen=True, slots=True, eq=False)
class Optimality:
    """Of each (question, expert), (n, m): is it right, the best choice, and the best choice's cost over its own.

    NaN where it was not measured, and on questions that nobody answers right.
    """

    right: Array
    optimal: Array
    cost_ratio: Array


def optimality(scores: Array, costs: Array) -> Optimality:
    """Of scores and dollars (n, m). Equally cheap right experts are all the best choice.

    A wrong answer may cost less than the cheapest right one: its ratio is above 1, as stated. One that cost nothing has
    no ratio, unless the best choice is free too (1).
    """
    measured = ~np.isnan(scores)
    right = measured & (np.nan_to_num(scores) > SUCCESS_ABOVE)
    best = np.where(right, costs, np.inf).min(axis=1, keepdims=True)
    counted = measured & np.isfinite(best)
    ratio = np.divide(best, costs, out=np.where(best == 0, 1.0, np.nan) + 0 * costs, where=(costs > 0) & counted)
    optimal = right & (costs <= best * (1 + ROUNDING))
    return Optimality(*(np.where(counted, cells, np.nan) for cells in (right, optimal, ratio)))


def accuracy_of_best(accuracy: Array | float, most: Array | float) -> Array:
    """OptAcc: accuracy over the most that the pool can reach, which is a choice with hindsight for each question."""
    return ratio(accuracy, most)
