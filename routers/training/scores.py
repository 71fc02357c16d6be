"""How good fitted routers are on rows they have not seen: what a manifest names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from routers.base import Array, Router


def scores_of(routers: Mapping[str, Router], X: Array, Y: Array) -> dict[str, float]:
    """By router and measure: AUC over all measured cells, Brier score, and the accuracy of asking its first choice.

    Y (n, m), NaN where missing; a row that the first choice did not answer does not count. Nothing without rows.
    """
    from sklearn.metrics import roc_auc_score

    seen = ~np.isnan(Y)
    right = Y[seen] > 0.5
    if not seen.any() or right.all() or not right.any():
        return {}
    found = {}
    for name, router in routers.items():
        mean = router.predict(X).mean
        found[f"{name}_auc"] = float(roc_auc_score(right, mean[seen]))
        found[f"{name}_brier"] = float(np.mean((mean - Y)[seen] ** 2))
        found[f"{name}_accuracy"] = float(np.nanmean(Y[np.arange(len(Y)), mean.argmax(axis=1)]))
    return {name: round(number, 4) for name, number in found.items()}
