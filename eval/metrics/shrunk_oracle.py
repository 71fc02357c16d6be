"""The oracle of single draws, with luck taken out by a model: the best of each question's *fitted* chances.

A factor analysis says of every score how much of it the experts share in some pattern (who does well when who else
does) and how much is its own. The own part cannot be told from luck in a single draw, and is not counted: where experts
know things that follow no pattern, this is too low. It is an estimate and no bound (a straight line through chances can
be some hundredths too high). Factors are fitted on other questions. Knows scores only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from routers.base import Array

FACTORS = (1, 2, 4, 8)
FEWEST = 50
"""Groups of questions below which no factors are fitted."""
EXPERTS = 3
"""Below this, what two scores share cannot be told from what is their own."""


def fitted_chances(scores: Array, groups: Array, seed: int = 0) -> Array | None:
    """(n, m) in [0, 1], NaN where it was not measured: E[score | the question's factors]; None where too few are there.

    Each half of the groups (n,) is read with the factors of the other half; their number is the one with the highest
    likelihood there. A missing score counts as the expert's mean, which is all there is of
    an expert that always scores alike.
    """
    if len(np.unique(groups)) < FEWEST or scores.shape[1] < EXPERTS:
        return None
    filled = np.where(np.isnan(scores), np.nanmean(scores, axis=0), scores)
    chances = np.full(scores.shape, np.nan)
    for learned, judged in _halves(groups, seed):
        mean = filled[learned].mean(axis=0)
        chances[judged] = mean
        varied = np.flatnonzero(np.ptp(filled[learned], axis=0))
        if len(varied) >= EXPERTS:
            known, off = (filled[np.ix_(rows, varied)] - mean[varied] for rows in (learned, judged))
            chances[np.ix_(judged, varied)] += _shared(known, off)
    return np.where(np.isnan(scores), np.nan, np.clip(chances, 0, 1))


def _shared(known: Array, off: Array) -> Array:
    """What factors of `known` explain of the scores `off`, both less the experts' means."""
    from sklearn.decomposition import FactorAnalysis

    alike = _compact(known)
    tried = [FactorAnalysis(k, svd_method="lapack").fit(alike) for k in FACTORS if k <= off.shape[1] // 2]
    best = max(tried, key=lambda model: float(model.score(off)))
    explained: Array = best.transform(off) @ best.components_
    return explained


def _compact(centred: Array) -> Array:
    """A few rows (2m, m) of the same covariance, which is all that a factor analysis sees: thousands take seconds."""
    spreads, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    root = np.sqrt(np.maximum(spreads, 0) * len(axes))[:, None] * axes.T
    return np.concatenate([root, -root])


def _halves(groups: Array, seed: int) -> Iterator[tuple[Array, Array]]:
    """Rows of one half of the groups and of the other, both ways round, in random order."""
    numbered = np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(int(numbered.max()) + 1)
    rows = np.argsort(order[numbered], kind="stable")
    half = order[numbered[rows]] % 2 == 0
    yield rows[half], rows[~half]
    yield rows[~half], rows[half]
