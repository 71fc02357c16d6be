"""The chance floor of an oracle: what it would reach if no expert were better at some questions than at others.

Then abilities and difficulties are all there is (Rasch, 1960), nobody can choose better than the best single expert,
and what the oracle has beyond that one is luck of the draw. Knows scores only.
"""

from __future__ import annotations

import numpy as np

from eval.metrics.auc import SUCCESS_ABOVE
from routers.base import Array

NODES = 41
FEWEST = 50
WIDEST = 15.0
"""Bounds of abilities and of the spread of difficulty, in logits: an expert that is always right has no finite one."""


def luck_floor(scores: Array) -> float | None:
    """E[1 - Π_m (1 - σ(θ_m + τz))] over z ~ N(0, 1), with θ, τ of highest marginal likelihood (Bock and Aitkin, 1981).

    Of scores (n, m), on the questions that all experts answered; None where those are fewer than 50, or one expert.
    """
    complete = scores[~np.isnan(scores).any(axis=1)] > SUCCESS_ABOVE
    if len(complete) < FEWEST or complete.shape[1] < 2:
        return None
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    abilities, spread = _fitted(complete, nodes, weights)
    wrong = _log_wrong(abilities, spread * nodes).sum(axis=1)
    return float(1 - weights @ np.exp(wrong))


def _fitted(right: Array, nodes: Array, weights: Array) -> tuple[Array, float]:
    """Abilities (m,) and the spread of difficulties; how many experts are right is all a question says of its own."""
    from scipy.optimize import minimize
    from scipy.special import logit, logsumexp

    number, experts = right.shape
    wins = right.sum(axis=0)
    totals = np.bincount(right.sum(axis=1), minlength=experts + 1)

    def loss(parameters: Array) -> tuple[float, Array]:
        abilities, spread = parameters[:-1], parameters[-1]
        places = spread * nodes
        log_wrong = _log_wrong(abilities, places)
        joint = np.arange(experts + 1)[:, None] * places + log_wrong.sum(axis=1) + np.log(weights)
        evidence = logsumexp(joint, axis=1)
        posterior = totals @ np.exp(joint - evidence[:, None])  # how many questions lie at each node
        chances = 1 - np.exp(log_wrong)
        steep = (totals[:, None] * np.exp(joint - evidence[:, None]) * np.arange(experts + 1)[:, None]).sum(axis=0)
        by_spread = float((steep - posterior * chances.sum(axis=1)) @ nodes)
        slope = np.append(wins - posterior @ chances, by_spread)
        return -float(wins @ abilities + totals @ evidence) / number, -slope / number

    start = np.append(logit(np.clip(right.mean(axis=0), 0.01, 0.99)), 1.0)
    bounds = [(-WIDEST, WIDEST)] * experts + [(0.0, WIDEST)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found[:-1], float(found[-1])


def _log_wrong(abilities: Array, places: Array) -> Array:
    """(k, m) ln P(wrong) of experts (m,) on questions at these places (k,)."""
    wrong: Array = -np.logaddexp(0, abilities + places[:, None])
    return wrong
