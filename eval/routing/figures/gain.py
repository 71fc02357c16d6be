"""Gains by category, paired, with intervals over duplicate groups."""

from __future__ import annotations

import numpy as np

from eval.metrics.bootstrap import interval, resampled_means
from eval.report.parts import Figure, Missing
from eval.report.plots.gain import Gain
from eval.report.plots.intervals import Difference
from eval.routing.data import Trial
from eval.routing.figures.lead import NO_ROUTER, choice_of, lead_of
from eval.routing.rows import Resampling
from eval.routing.run import Evaluation
from eval.routing.yardsticks import HINDSIGHT
from routers.base import Array

MOST = 24
"""Categories by name, those with the most questions; the others are one row."""
NAMELESS, OTHERS = "(no category)", "(all others)"


def gain(evaluation: Evaluation) -> Figure:
    """Of the lead router where quality alone counts."""
    lead = lead_of(evaluation)
    own = None if lead is None else choice_of(evaluation, lead)
    rival = choice_of(evaluation, HINDSIGHT)
    if own is None or rival is None:
        return Missing(Gain.key, Gain.heading, NO_ROUTER)
    of = f"{own.name} over the best single expert, {evaluation.best_expert}"
    return gain_of(evaluation.trial, own.scores - rival.scores, of, evaluation.resampling)


def gain_of(trial: Trial, difference: Array, of: str, drawn: Resampling) -> Gain:
    """difference: (n,) by question, NaN where one of the two has no score."""
    names = _categories(trial)
    kinds = np.unique(names[~np.isnan(difference)])
    columns = np.where(names[:, None] == kinds[None, :], difference[:, None], np.nan)
    means = resampled_means(columns, trial.table.groups, drawn.resamples, drawn.seed)
    rows = [
        Difference(str(kind), int((~np.isnan(column)).sum()), float(np.nanmean(column)), interval(resampled))
        for kind, column, resampled in zip(kinds, columns.T, means.T, strict=True)
    ]
    return Gain(of, tuple(sorted(rows, key=lambda row: (-row.value, row.name))))


def _categories(trial: Trial) -> Array:
    """(n,) names, the rarest put together where there are many."""
    names = np.array([category.strip().lower() or NAMELESS for category in trial.table.categories], dtype=object)
    kinds, counts = np.unique(names, return_counts=True)
    if len(kinds) > MOST:
        rare = kinds[np.argsort(-counts, kind="stable")[MOST - 1 :]]
        names[np.isin(names, rare)] = OTHERS
    return names
