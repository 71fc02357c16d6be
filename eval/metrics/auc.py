"""Rank AUC: the chance that what went well had been given the higher score."""

from __future__ import annotations

import numpy as np

from eval.metrics.bootstrap import Interval
from routers.base import Array

NORMAL = 1.959964
"""The normal distribution's 97.5 % point."""
SUCCESS_ABOVE = 0.5
"""A graded score counts as a success from above here."""


def auc(scores: Array, predicted: Array) -> float | None:
    """Mann and Whitney's U over the number of pairs, ties counting half; None where everything (or nothing) succeeded.

    scores (k,): measured quality in [0, 1]. predicted (k,): any number that should be higher for successes.
    """
    from scipy.stats import rankdata

    success = np.asarray(scores) > SUCCESS_ABOVE
    positives = int(success.sum())
    negatives = len(success) - positives
    if not positives or not negatives:
        return None
    ranks = rankdata(predicted)
    return float((ranks[success].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def mean_auc(scores: Array, predicted: Array) -> float | None:
    """The mean of the experts' own AUCs over the columns of (n, m), NaN scores left out; None where none has one.

    Unlike the AUC over all cells, this gives nothing for knowing which expert is the better one.
    """
    seen = ~np.isnan(scores)
    columns = (auc(scores[seen[:, m], m], predicted[seen[:, m], m]) for m in range(scores.shape[1]))
    known = [column for column in columns if column is not None]
    return float(np.mean(known)) if known else None


def auc_interval(scores: Array, predicted: Array, groups: Array) -> Interval | None:
    """The 95 % interval of `auc` where cells (k,) of one group (k,) hang together.

    Obuchowski (Biometrics, 1997), with the components of DeLong et al. (1988) summed by group.
    A resample of all pairs would take minutes. None where there is no AUC, or one group alone.
    """
    from scipy.stats import rankdata

    found = auc(scores, predicted)
    numbered = np.unique(groups, return_inverse=True)[1]
    number = int(numbered.max()) + 1
    if found is None or number < 2:
        return None
    success, ranks = np.asarray(scores) > SUCCESS_ABOVE, rankdata(predicted)
    influence = np.empty(len(ranks))
    for own, rivals in ((success, ~success), (~success, success)):
        beaten = (ranks[own] - rankdata(predicted[own])) / rivals.sum()
        influence[own] = (np.where(own is success, beaten, 1 - beaten) - found) / own.sum()
    per_group = np.bincount(numbered, weights=influence)
    spread = NORMAL * float(np.sqrt(number / (number - 1) * (per_group**2).sum()))
    return max(0.0, found - spread), min(1.0, found + spread)
