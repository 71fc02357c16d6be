"""What a choice with hindsight would add, and how much of that is luck that nobody can repeat.

The largest of several scores is too high wherever an answer might have come out otherwise: of k experts that guess, one
is often right. Where questions were asked several times (several rows of one group), choosing by some rows and judging
by the others takes the luck out; single draws need a model (see `shrunk_oracle`, `luck`). Knows scores only.
"""

from __future__ import annotations

import numpy as np

from eval.metrics.ratio import ROUNDING, ratio
from routers.base import Array


def oracle_scores(scores: Array) -> Array:
    """(n,) the best score of each question (n, m); every question has one that is not NaN."""
    best: Array = np.nanmax(scores, axis=1)
    return best


def repeated_oracle(scores: Array, groups: Array) -> Array:
    """(n,) what the expert scores that was best on the other rows of the same group (n,); NaN where a row is alone.

    The mean over equals. No row judges a choice that it took part in, so that the mean is never too high (Stone, 1974,
    on cross-validatory choice).
    """
    numbered = np.unique(groups, return_inverse=True)[1]
    seen = ~np.isnan(scores)
    sums, counts = np.zeros((numbered.max() + 1, scores.shape[1])), np.zeros((numbered.max() + 1, scores.shape[1]))
    np.add.at(sums, numbered, np.nan_to_num(scores))
    np.add.at(counts, numbered, seen)
    others = counts[numbered] - seen
    candidates = seen & (others > 0)
    means = np.where(candidates, ratio(sums[numbered] - np.nan_to_num(scores), others), -np.inf)
    best = candidates & (means >= means.max(axis=1, keepdims=True) - ROUNDING)
    return ratio(np.where(best, scores, 0).sum(axis=1), best.sum(axis=1))
