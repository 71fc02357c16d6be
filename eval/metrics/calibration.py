"""Whether a predicted chance is the chance: expected calibration error, Brier score, negative log-likelihood.

Scores y (k,) in [0, 1] may be graded; predicted chances p (k,) are cut to [0, 1].
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

BINS = 10
CLIP = 1e-6


def ece(scores: Array, predicted: Array, bins: int = BINS) -> float:
    """Sum over bins of (n_b / n)·|mean score - mean chance|, on bins of equal width, open on the left: (lo, hi].

    Naeini et al. (AAAI 2015) with the bins of Guo et al. (arXiv 1706.04599). A chance of exactly 0 falls in no bin.
    """
    chances = np.clip(predicted, 0, 1)
    return _gap(scores, chances, np.ceil(chances * bins).astype(np.intp), bins + 1)


def ece_mass(scores: Array, predicted: Array, bins: int = BINS) -> float:
    """The same on bins of equal mass (Nixon et al., arXiv 1904.01685); equal chances always share a bin."""
    chances = np.clip(predicted, 0, 1)
    edges = np.quantile(chances, np.linspace(0, 1, bins + 1)[1:-1])
    return _gap(scores, chances, np.searchsorted(edges, chances, side="left") + 1, bins + 1)


def surplus(scores: Array, predicted: Array, rows: Array, count: int, bins: int = BINS) -> Array:
    """(count, bins) of each row, the sum of score - chance over its cells in each bin of equal width.

    The ECE of any resample of rows is the sum over bins of |sum over rows|, over the number of cells.
    """
    chances = np.clip(predicted, 0, 1)
    places = np.ceil(chances * bins).astype(np.intp)
    sums = np.bincount(rows * (bins + 1) + places, weights=scores - chances, minlength=count * (bins + 1))
    return sums.reshape(count, bins + 1)[:, 1:]


def _gap(scores: Array, chances: Array, places: Array, size: int) -> float:
    """The weighted gap over the bins that `places` numbers; bin 0 is no bin."""
    surplus = np.bincount(places, weights=scores - chances, minlength=size)
    return float(np.abs(surplus[1:]).sum() / len(scores))


def brier(scores: Array, predicted: Array) -> float:
    """Mean of (p - y)², after Brier (1950)."""
    return float(np.mean((np.clip(predicted, 0, 1) - scores) ** 2))


def nll(scores: Array, predicted: Array) -> float:
    """Mean of -y·ln p - (1 - y)·ln(1 - p), in nats, with p kept 1e-6 from certainty."""
    chances = np.clip(predicted, CLIP, 1 - CLIP)
    return float(-np.mean(scores * np.log(chances) + (1 - scores) * np.log1p(-chances)))
