"""Which of one model's sampled answers to believe: by how often it was given and how probable each way to it was.

RPC, "A Theoretical Study on Bridging Internal Probability and Self-Consistency" (arXiv 2502.00511): perplexity
consistency adds up the probabilities of the distinct paths to an answer; reasoning pruning drops improbable paths
first, told apart by a mixture of two Weibull distributions. Knows codes and log-probabilities, no text and no expert.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

FEWEST = 5
"""Paths below which two distributions cannot be told apart, and nothing is pruned."""
LEAST, MOST = 0.2, 0.8
"""Share of the first component."""
STARTS = ((1.0, 1.0), (1.5, 2.0))
"""(shape, scale) that the fit of each component begins with."""
TINY = 1e-12
STEPS = 100
STEEPEST = 50.0


def consistency(answers: Array, logprobs: Array, paths: Array, *, prune: bool = True) -> Array:
    """(k,) confidence in each answer, summing to 1: perplexity consistency over the paths that are not pruned.

    answers: (n,) int, the code 0...k-1 of the answer that each path ends in. logprobs: (n,) mean log-probability of
    a token of the path. paths: (n,) int, equal for equal texts, which count once.
    """
    _, first = np.unique(paths, return_index=True)
    answers, chances = answers[first], np.exp(logprobs[first])
    kept = probable(chances) if prune else np.ones(len(chances), dtype=bool)
    weights = np.bincount(answers[kept], chances[kept], minlength=int(answers.max(initial=-1)) + 1)
    confidence: Array = weights / max(float(weights.sum()), TINY)
    return confidence


def probable(chances: Array) -> Array:
    """(n,) bool: the paths to keep. One goes where the less probable component explains it better and it is below the
    mean of all; with too few paths, or all alike, none does."""
    if len(chances) < FEWEST or np.ptp(chances) < TINY:
        return np.ones(len(chances), dtype=bool)
    share, components = _fitted(np.maximum(chances, TINY))
    shares = (share, 1 - share)
    means = [_mean(shape, scale) for shape, scale in components]
    at = np.log(np.maximum(chances, TINY))
    logs = [np.log(part) + _log_density(at, *np.log(one)) for part, one in zip(shares, components, strict=True)]
    low = int(np.argmin(means))
    kept: Array = (logs[low] <= logs[1 - low]) | (chances >= chances.mean())
    return kept


def _fitted(chances: Array) -> tuple[float, tuple[tuple[float, float], tuple[float, float]]]:
    """The share of the first component, and (shape, scale) of both, by maximum likelihood."""
    from scipy.optimize import minimize

    logs = np.log(chances)
    begin = np.array([0.5, *np.log(STARTS).ravel()])
    bounds = [(LEAST, MOST), *[(-3.0, 4.0)] * 4]
    found = minimize(_surprise, begin, (logs,), "L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": STEPS})
    one, other = np.exp(found.x[1:]).reshape(2, 2).tolist()
    return float(found.x[0]), (tuple(one), tuple(other))


def _surprise(point: Array, logs: Array) -> tuple[float, Array]:
    """Minus the log-likelihood of (share, ln shape, ln scale, ln shape, ln scale), and its gradient (5,)."""
    share = point[0]
    one, other = (_log_density(logs, *pair) for pair in point[1:].reshape(2, 2))
    first, second = np.log(share) + one, np.log(1 - share) + other
    whole = np.logaddexp(first, second)
    mine, theirs = np.exp(first - whole), np.exp(second - whole)
    slopes = (
        _slopes(logs, *pair) @ weight for pair, weight in zip(point[1:].reshape(2, 2), (mine, theirs), strict=True)
    )
    gradient = np.concatenate([[(mine / share - theirs / (1 - share)).sum()], *slopes])
    return -float(whole.sum()), -gradient


def _log_density(logs: Array, shape: float, scale: float) -> Array:
    """(n,) of the Weibull distribution at exp(logs); shape and scale as logarithms."""
    relative = logs - scale
    power = np.exp(np.minimum(np.exp(shape) * relative, STEEPEST))
    density: Array = shape - scale + (np.exp(shape) - 1) * relative - power
    return density


def _slopes(logs: Array, shape: float, scale: float) -> Array:
    """(2, n) how the log-density changes with the two logarithms."""
    raised = np.exp(shape) * (logs - scale)
    power = np.exp(np.minimum(raised, STEEPEST))
    return np.stack([1 + raised * (1 - power), np.exp(shape) * (power - 1)])


def _mean(shape: float, scale: float) -> float:
    from scipy.special import gamma

    return float(scale * gamma(1 + 1 / shape))
