"""Reliability of routers on the ten bins of the expected calibration error (`eval.metrics.calibration`)."""

from __future__ import annotations

import numpy as np

from eval.metrics.bootstrap import interval, resampled_means
from eval.metrics.calibration import BINS, ece
from eval.report.parts import Figure, Missing
from eval.report.plots.calibration import Bin, Calibration, Reliability
from eval.routing.figures.lead import NO_ROUTER, routers_of
from eval.routing.rows import Resampling
from eval.routing.run import Evaluation
from routers.base import Array

MOST = 9
"""Panels."""


def calibration(evaluation: Evaluation) -> Figure:
    """Over every measured answer of every expert."""
    trial, names = evaluation.trial, routers_of(evaluation)[:MOST]
    if not names:
        return Missing(Calibration.key, Calibration.heading, NO_ROUTER)
    measured = trial.measured
    groups = np.broadcast_to(trial.table.groups[:, None], measured.shape)[measured]
    scores = trial.scores[measured]
    return Calibration(
        tuple(
            reliability(name, scores, evaluation.detail.means[name][measured], groups, evaluation.resampling)
            for name in names
        )
    )


def reliability(name: str, scores: Array, predicted: Array, groups: Array, drawn: Resampling) -> Reliability:
    """Of scores (k,) in [0, 1] and predicted chances (k,), resampled by groups (k,)."""
    chances = np.clip(np.asarray(predicted, dtype=np.float64), 0, 1)
    places = np.ceil(chances * BINS).astype(np.intp)
    filled = [place for place in range(1, BINS + 1) if (places == place).any()]
    columns = np.where(places[:, None] == np.array(filled)[None, :], scores[:, None], np.nan)
    means = resampled_means(columns, groups, drawn.resamples, drawn.seed)
    bins = tuple(
        Bin(
            low=(place - 1) / BINS,
            high=place / BINS,
            n=int((places == place).sum()),
            predicted=float(chances[places == place].mean()),
            score=float(scores[places == place].mean()),
            interval=interval(means[:, k]),
        )
        for k, place in enumerate(filled)
    )
    return Reliability(name, ece(scores, chances), bins)
