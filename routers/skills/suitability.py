"""How well an expert's skills suit a query: a soft minimum of its rates at the skills that the query asks for.

Knows tags and rates. The sums run over a query's few skills only, expert by expert, so that one expert more changes
no bit of the others' numbers.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array
from routers.skills.rates import count, difficulties, posterior
from routers.skills.tags import Tags

FOLDS = 5


def suitability(tags: Tags, rates: Array, sharpness: float) -> Array:
    """(n, m) of the rates (m, S): -log(Σ share·exp(-sharpness·rate)) / sharpness over a query's skills.

    Sharpness 0 is their mean, weighted by share; towards infinity it is the rate at the weakest.
    """
    picked, shares = rates[:, tags.places], tags.shares
    if sharpness == 0:
        return np.asarray((picked * shares).sum(axis=2).T)
    powers = (shares * np.exp(-sharpness * picked)).sum(axis=2)
    return np.asarray(-np.log(powers).T / sharpness)


def suitability_errors(tags: Tags, rates: Array, errors: Array, sharpness: float) -> Array:
    """(n, m) standard deviations: the errors (m, S), averaged with the weights that the soft minimum gives each skill.

    The errors are taken as fully correlated: a query's skills were learned from much the same questions.
    """
    picked, shares = rates[:, tags.places], tags.shares
    weights = shares * np.exp(-sharpness * picked)
    spread = (weights * errors[:, tags.places]).sum(axis=2) / weights.sum(axis=2)
    return np.asarray(spread.T)


def out_of_fold(tags: Tags, Y: Array, neighbours: Array, prior: float, sharpness: float, seed: int) -> Array:
    """(n, m) suitabilities, each from rates that its own question had no part in, so that the map is not flattered."""
    n, m = Y.shape
    fold = np.random.default_rng(seed).permutation(n) % FOLDS
    suits = np.empty((n, m))
    for number in np.unique(fold):
        inside = fold == number
        rest = ~inside if not inside.all() else inside
        counts = count(tags.take(rest), Y[rest], len(neighbours))
        rates, _ = posterior(counts, difficulties(counts, prior), neighbours, prior)
        suits[inside] = suitability(tags.take(inside), rates, sharpness)
    return suits


def weakest(tags: Tags, rates: Array) -> Array:
    """(n,): of a query's skills, the one at which the expert whose rates (n, S) stand in its row is weakest."""
    picked = np.take_along_axis(rates, tags.places, axis=1)
    lowest = np.where(tags.strengths > 0, picked, np.inf).argmin(axis=1)
    return np.asarray(np.take_along_axis(tags.places, lowest[:, None], axis=1)[:, 0])
