"""Rank AUC: the chance that what went well had been given the higher score."""

from __future__ import annotations

import numpy as np

from routers.base import Array

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
