"""Whether a router's expected quality is right, cell by cell: ranking and calibration. Knows no choice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.metrics.auc import auc, mean_auc
from eval.metrics.calibration import brier, ece, ece_mass, nll
from eval.routing.data import Trial
from routers.base import Array


@dataclass(frozen=True, slots=True)
class Chances:
    """auc: pooled over all measured cells. auc_mean: mean of the experts' own. None where all scores are one class."""

    auc: float | None
    auc_mean: float | None
    ece: float
    ece_mass: float
    brier: float
    nll: float


def chances_of(trial: Trial, mean: Array) -> Chances:
    """Over the measured cells; mean (n, m) is expected quality."""
    measured = trial.measured
    scores, predicted = trial.scores[measured], np.asarray(mean[measured], dtype=np.float64)
    return Chances(
        auc=auc(scores, predicted),
        auc_mean=mean_auc(trial.scores, mean),
        ece=ece(scores, predicted),
        ece_mass=ece_mass(scores, predicted),
        brier=brier(scores, predicted),
        nll=nll(scores, predicted),
    )
