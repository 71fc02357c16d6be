"""What an expert's new version is expected to answer, from what is on record before it is asked. Asks nobody."""

from __future__ import annotations

import numpy as np

from routers.base import Array

KEEPS = 0.4
"""How much of the old answer stands: the rest is what its peers and the category say. Versions of six recorded models
that followed one another lie between 0.2 (another tuning) and 0.6 (quantized), so it is not fitted to any of them."""
FEWEST = 20
"""With fewer old answers, or answers of one kind, their mean is all that is expected."""


def foreseen(before: Array, peers: Array, categories: Array) -> Array:
    """(n,) P(right) of the new version; before (n,) in [0, 1] the old one's, NaN where not known.

    peers: (n, k) how right the others were, NaN where missing. categories: (n,) numbers. A lucky guess is expected to
    be lost and an unlucky slip to be mended: the chance leans from the old answer to what is likely for such questions.
    """
    likely = _likely(before, peers, categories)
    kept = np.where(np.isnan(before), likely, before)
    return KEEPS * kept + (1 - KEEPS) * likely


def _likely(before: Array, peers: Array, categories: Array) -> Array:
    """(n,) by logistic regression of the old answers on the peers' log odds and the category."""
    known = ~np.isnan(before)
    right = before[known] > 0.5
    if known.sum() < FEWEST or right.all() or not right.any():
        mean = (right.sum() + 1) / (known.sum() + 2)
        return np.full(len(before), float(mean))
    from sklearn.linear_model import LogisticRegression

    rows = np.column_stack([_log_odds(peers), np.eye(categories.max() + 1)[categories]])
    model = LogisticRegression(max_iter=1000).fit(rows[known], right)
    chances: Array = model.predict_proba(rows)[:, 1]
    return chances


def _log_odds(peers: Array) -> Array:
    """(n,) of the peers' share of right answers, half an answer added to either side."""
    known = (~np.isnan(peers)).sum(axis=1)
    right = np.nansum(peers, axis=1)
    odds: Array = np.log((right + 0.5) / (known - right + 0.5))
    return odds
