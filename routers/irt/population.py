"""The experts there are, as a prior for the next one: empirical Bayes. Knows no query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routers.base import Array
from routers.irt.posterior import Posterior, posterior

ROUNDS = 30
VAGUE = 3.0
"""The variance each ability has before anything is known of the population."""
IMAGINED = 1.0
"""How many imagined experts of the average variance in every direction keep the covariance of few experts round."""


def population(alpha: Array, beta: Array, Y: Array) -> Posterior:
    """The prior N(mu, Sigma) under which the scores Y (n, m), NaN where missing, are most likely.

    Expectation-maximisation, each expert's likelihood taken as the normal one that Laplace's approximation gives.
    """
    vague = Posterior(np.zeros(alpha.shape[1]), VAGUE * np.eye(alpha.shape[1]))
    known = fitted(alpha, beta, Y, vague)
    precisions = np.array([np.linalg.inv(one.cov) for one in known]) - np.linalg.inv(vague.cov)
    pulls = np.array([np.linalg.solve(one.cov, one.mean) for one in known])
    prior = vague
    for _ in range(ROUNDS):
        prior = _better(prior, precisions, pulls)
    return prior


def fitted(alpha: Array, beta: Array, Y: Array, prior: Posterior) -> tuple[Posterior, ...]:
    """The posterior of each column's expert."""
    measured = ~np.isnan(Y)
    return tuple(posterior(alpha[rows], beta[rows], y[rows], prior) for rows, y in zip(measured.T, Y.T, strict=True))


def _better(prior: Posterior, precisions: Array, pulls: Array) -> Posterior:
    """One round: the experts under this prior, and the prior of such experts."""
    inverse = np.linalg.inv(prior.cov)
    covs = np.linalg.inv(precisions + inverse)
    means = np.einsum("mij,mj->mi", covs, pulls + inverse @ prior.mean)
    apart = means - means.mean(axis=0)
    spread = covs.sum(axis=0) + apart.T @ apart
    d = len(spread)
    spread += IMAGINED * np.trace(spread) / (d * len(means)) * np.eye(d)
    return Posterior(means.mean(axis=0), spread / (len(means) + IMAGINED))


def stacked(posteriors: Sequence[Posterior]) -> tuple[Array, Array]:
    """Means (m, d) and covariances (m, d, d)."""
    return np.array([one.mean for one in posteriors]), np.array([one.cov for one in posteriors])
