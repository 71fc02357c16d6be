"""Which decisions a model may learn from to speak of others: never from those of the same conversation."""

from __future__ import annotations

import numpy as np

from routers.base import Array

FOLDS = 5


def folds_of(clusters: Array, seed: int) -> Array:
    """(n,) the fold of each row, by its cluster (n,) of numbers 0 to G - 1; folds hold almost as many clusters each.

    By the number of the cluster and not by the order of the rows, so that shuffled logs give the same estimates.
    """
    count = int(clusters.max(initial=-1)) + 1
    folds: Array = (np.random.default_rng(seed).permutation(count) % FOLDS)[clusters]
    return folds
