"""What a router is good for where it may say that nobody knows: how much is answered, and how much of that is wrong.

Thresholds are chosen on one half of the questions and judged on the other, both ways, so that none judges itself.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    return selectives_of({"": (confidence, score)}, groups, drawn)[""]


def selectives_of(said: Mapping[str, tuple[Array, Array]], groups: Array, drawn: Resampling) -> dict[str, Selective]:
    """The same of several routers, confidence and score (n,) by name, in the same resamples."""
    if not said:
        return {}
    half = _half(groups, drawn.seed)
    columns = {name: _columns(confidence, score, half) for name, (confidence, score) in said.items()}
    every = [column for own in columns.values() for pair in own.values() for column in pair]
    means = iter(resampled_means(np.stack(every, axis=1), groups, drawn.resamples, drawn.seed).T)
    found = {}
    for name, own in columns.items():
        answered = tuple(_answered(key, pair, next(means), next(means)) for key, pair in own.items())
        found[name] = Selective(aurc(*said[name]), e_aurc(*said[name]), answered)
    return found


def _columns(confidence: Array, score: Array, half: Array) -> dict[tuple[str, float], tuple[Array, Array]]:
    """By rule and share that may be wrong: (n,) whether each question is answered, and what is lost where it is."""
    curves = curve_of(confidence[~half], score[~half]), curve_of(confidence[half], score[half])
    found = {}
    for wrong in TOLD:
        learned = np.where(half, curves[0].at(wrong), curves[1].at(wrong))
        for rule, least in ((CALIBRATED, learned), (PLAIN, np.full(len(score), plain(wrong)))):
            answered = confidence >= least
            found[rule, wrong] = answered.astype(np.float64), np.where(answered, 1 - score, np.nan)
    return found


def _answered(key: tuple[str, float], pair: tuple[Array, Array], shares: Array, losses: Array) -> Answered:
    """Of the two columns, and their means (b,) in the resamples."""
    answered, lost = pair
    share = float(answered.mean())
    wrongly = float(np.nanmean(lost)) if share else None
    return Answered(*key, share, interval(shares), wrongly, interval(losses))


def _half(groups: Array, seed: int) -> Array:
    """(n,) bool: one half of the groups."""
    numbered = np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(int(numbered.max()) + 1)
    half: Array = (order % 2 == 0)[numbered]
    return half
