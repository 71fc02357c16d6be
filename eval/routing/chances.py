"""Whether a router's expected quality is right, cell by cell: ranking and calibration. Knows no choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.metrics.auc import auc, auc_interval, mean_auc
from eval.metrics.bootstrap import Interval, interval, reflected, resampled_means
from eval.metrics.calibration import CLIP, brier, ece, ece_mass, nll, surplus
from eval.routing.data import Trial
from eval.routing.means import Resampling
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


def chances_of(trial: Trial, mean: Array, ranks: bool = True) -> Chances:
    """Over the measured cells of which something is expected; mean (n, m) is expected quality.

    ranks: whether it tells questions apart, without which experts have no AUC of their own.
    """
    scores, predicted, _ = _cells(trial, mean)
    return Chances(
        auc=auc(scores, predicted),
        auc_mean=mean_auc(trial.scores, mean) if ranks else None,
        ece=ece(scores, predicted),
        ece_mass=ece_mass(scores, predicted),
        brier=brier(scores, predicted),
        nll=nll(scores, predicted),
    )


def intervals_of(trial: Trial, means: Mapping[str, Array], drawn: Resampling) -> dict[str, dict[str, Interval | None]]:
    """By router: of the AUC, the ECE of equal widths, the Brier score, the NLL; cells of a question are drawn together.

    means: by router, its expected quality (n, m).
    """
    if not means:
        return {}
    columns = np.concatenate([_per_question(trial, mean) for mean in means.values()], axis=1)
    sampled = resampled_means(columns, trial.table.groups, drawn.resamples, drawn.seed)
    parts = np.split(sampled, len(means), axis=1)
    return {name: _intervals(trial, means[name], part) for name, part in zip(means, parts, strict=True)}


def _per_question(trial: Trial, mean: Array) -> Array:
    """(n, 3 + bins): its number of cells, and sums over them: of squared errors, of log losses, of gaps by bin."""
    scores, predicted, rows = _cells(trial, mean)
    chances, count = np.clip(predicted, CLIP, 1 - CLIP), len(mean)
    squared = (np.clip(predicted, 0, 1) - scores) ** 2
    logs = -scores * np.log(chances) - (1 - scores) * np.log1p(-chances)
    sums = [np.bincount(rows, weights=cells, minlength=count) for cells in (np.ones(len(rows)), squared, logs)]
    return np.concatenate([np.stack(sums, axis=1), surplus(scores, predicted, rows, count)], axis=1)


def _intervals(trial: Trial, mean: Array, sampled: Array) -> dict[str, Interval | None]:
    """Of means (b, 3 + bins) over questions."""
    scores, predicted, rows = _cells(trial, mean)
    by_cell = sampled[:, 1:] / sampled[:, :1]
    return {
        "auc": auc_interval(scores, predicted, trial.table.groups[rows]),
        "ece": reflected(interval(np.abs(by_cell[:, 2:]).sum(axis=1)), ece(scores, predicted)),
        "brier": interval(by_cell[:, 0]),
        "nll": interval(by_cell[:, 1]),
    }


def _cells(trial: Trial, mean: Array) -> tuple[Array, Array, Array]:
    """Score and chance of each judged cell, and of which question it is."""
    judged = _judged(trial, mean)
    return trial.scores[judged], np.asarray(mean[judged], dtype=np.float64), np.nonzero(judged)[0]


def _judged(trial: Trial, mean: Array) -> Array:
    judged: Array = trial.measured & ~np.isnan(mean)
    return judged
