"""Fitting on the very questions that are judged, fold by fold: each is foretold by what never saw it or its duplicates.

Knows no router.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from routers.base import Array

FOLDS = 5
Foretell = Callable[[Array, Array, Array], Array]
"""(rest, part, seen) -> (p, s): learned from the rows `rest` and the experts `seen`, expected of the p rows `part`."""


def folds_of(groups: Array, folds: int = FOLDS, seed: int = 0) -> Array:
    """(n,) the fold of each question, by its group (n,): a group is never cut, and the folds hold as many groups."""
    names, numbered = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    found: Array = (order % min(folds, len(names)))[numbered]
    return found


@contextmanager
def one_thread() -> Iterator[None]:
    """Many small fits: threads that wait for one another cost more than they bring, most of all on a busy machine."""
    import sklearn.cluster  # noqa: F401  (what it brings is limited only once it is loaded)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def crossfitted(Y: Array, folds: Array, foretell: Foretell) -> Array:
    """(n, m) expected quality, from outcomes Y (n, m), NaN where missing, and at least two folds (n,).

    Of an expert that nobody measured in the other folds the mean of all of them is expected.
    """
    mean = np.empty(Y.shape)
    for fold in np.unique(folds):
        part, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        seen = np.flatnonzero(~np.isnan(Y[rest]).all(axis=0))
        mean[part] = np.nanmean(Y[rest])
        mean[np.ix_(part, seen)] = foretell(rest, part, seen)
    return mean
