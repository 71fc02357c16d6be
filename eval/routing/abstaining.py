"""What a router is good for where it may say that nobody knows: how much is answered, and how much of that is wrong.

Thresholds are chosen on one half of the questions and judged on the other, both ways, so that none judges itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import Interval, interval, resampled_means
from eval.routing.data import Trial
from routers.base import Array
from routers.selective import TOLD, aurc, curve_of, e_aurc, plain

CALIBRATED, PLAIN = "calibrated", "plain"


@dataclass(frozen=True, slots=True)
class Answered:
    """rule: how the threshold was chosen. wrong: the share that was allowed. share_wrong: None where nothing is."""

    rule: str
    wrong: float
    answered: float
    answered_interval: Interval | None
    share_wrong: float | None
    share_wrong_interval: Interval | None


@dataclass(frozen=True, slots=True)
class Selective:
    """aurc: the area under the risk-coverage curve; e_aurc: what it has too much."""

    aurc: float
    e_aurc: float
    answered: tuple[Answered, ...]


def selective_of(trial: Trial, mean: Array, places: Array, resamples: int, seed: int) -> Selective:
    """Of a router that expects mean (n, m) and chooses these places (n,)."""
    at = np.arange(len(places))
    confidence, score = mean[at, places], trial.scores[at, places]
    half = _half(trial.table.groups, seed)
    curves = curve_of(confidence[~half], score[~half]), curve_of(confidence[half], score[half])
    found = []
    for wrong in TOLD:
        learned = np.where(half, curves[0].at(wrong), curves[1].at(wrong))
        for rule, least in ((CALIBRATED, learned), (PLAIN, np.full(len(score), plain(wrong)))):
            found.append(_answered(rule, wrong, confidence >= least, 1 - score, trial, resamples, seed))
    return Selective(aurc(confidence, score), e_aurc(confidence, score), tuple(found))


def _answered(
    rule: str, wrong: float, answered: Array, losses: Array, trial: Trial, resamples: int, seed: int
) -> Answered:
    columns = np.stack([answered.astype(np.float64), np.where(answered, losses, np.nan)], axis=1)
    means = resampled_means(columns, trial.table.groups, resamples, seed)
    share = float(np.nanmean(columns[:, 1])) if answered.any() else None
    return Answered(rule, wrong, float(answered.mean()), interval(means[:, 0]), share, interval(means[:, 1]))


def _half(groups: Array, seed: int) -> Array:
    """(n,) bool: one half of the groups."""
    numbered = np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(int(numbered.max()) + 1)
    half: Array = (order % 2 == 0)[numbered]
    return half
