"""What a router is good for where it may say that nobody knows: how much is answered, and how much of that is wrong.

Thresholds are chosen on one half of the questions and judged on the other, both ways, so that none judges itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import Interval, interval, resampled_means
from eval.routing.rows import Resampling
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


def selective_of(confidence: Array, score: Array, groups: Array, drawn: Resampling) -> Selective:
    """Of a router that was so sure (n,) of the experts it chose, whose answers have these scores (n,) in [0, 1]."""
    half = _half(groups, drawn.seed)
    curves = curve_of(confidence[~half], score[~half]), curve_of(confidence[half], score[half])
    found = []
    for wrong in TOLD:
        learned = np.where(half, curves[0].at(wrong), curves[1].at(wrong))
        for rule, least in ((CALIBRATED, learned), (PLAIN, np.full(len(score), plain(wrong)))):
            answered = confidence >= least
            columns = np.stack([answered.astype(np.float64), np.where(answered, 1 - score, np.nan)], axis=1)
            found.append(_answered(rule, wrong, columns, groups, drawn))
    return Selective(aurc(confidence, score), e_aurc(confidence, score), tuple(found))


def _answered(rule: str, wrong: float, columns: Array, groups: Array, drawn: Resampling) -> Answered:
    """columns: (n, 2) whether each question is answered, and what is lost where it is."""
    means = resampled_means(columns, groups, drawn.resamples, drawn.seed)
    share = float(columns[:, 0].mean())
    wrongly = float(np.nanmean(columns[:, 1])) if share else None
    return Answered(rule, wrong, share, interval(means[:, 0]), wrongly, interval(means[:, 1]))


def _half(groups: Array, seed: int) -> Array:
    """(n,) bool: one half of the groups."""
    numbered = np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(int(numbered.max()) + 1)
    half: Array = (order % 2 == 0)[numbered]
    return half
