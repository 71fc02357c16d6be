"""RouteLLM's figures: how much of what a strong expert has over a weak one is kept, for how many calls of the strong.

After arXiv 2406.18665, section 3. Knows two columns of scores, and which questions a router would rather give to the
strong expert; leading axes are resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.metrics.ratio import ROUNDING, ratio
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Mean quality (..., k) over the share of calls (..., k) that go to the strong expert, from all weak to all strong.

    Every threshold is on it, so that it covers 0 to 1 whatever a router's scores are, and routers can be compared.
    """

    fractions: Array
    qualities: Array


def curve(preference: Array, weak: Array, strong: Array, weights: Array | None = None) -> Curve:
    """Of preference, weak and strong (n,): the strong expert gets the questions of the highest preference first.

    Among equal preferences lots are drawn: a straight line. weights: (..., n) how often each question counts.
    """
    order = np.argsort(-preference, kind="stable")
    starts = np.flatnonzero(np.diff(preference[order], prepend=np.inf))
    counted = np.ones(len(order)) if weights is None else np.asarray(weights, dtype=np.float64)[..., order]
    total = counted.sum(axis=-1, keepdims=True)
    base = (counted @ weak[order])[..., None]
    shares = _climbing(np.add.reduceat(counted, starts, axis=-1))
    gains = _climbing(np.add.reduceat(counted * (strong - weak)[order], starts, axis=-1))
    return Curve(shares / total, (base + gains) / total)


def pgr(quality: Array | float, weak: Array | float, strong: Array | float) -> Array:
    """Performance gap recovered: (q - q_weak) / (q_strong - q_weak); NaN where the strong is not the better one."""
    return ratio(np.asarray(quality) - weak, np.asarray(strong) - weak)


def apgr(found: Curve) -> Array:
    """Average PGR: its integral over the share of strong calls. One half for a router that draws lots."""
    area = np.trapezoid(found.qualities, found.fractions, axis=-1)
    return pgr(area, found.qualities[..., 0], found.qualities[..., -1])


def cpt(found: Curve, recovered: float) -> Array:
    """Call-performance threshold: the smallest share of strong calls that recovers this much of the gap.

    The first crossing: a curve that goes up and down again has several, and interpolating the inverse is wrong there.
    """
    kept = pgr(found.qualities, found.qualities[..., :1], found.qualities[..., -1:])
    at = np.argmax(kept >= recovered - ROUNDING, axis=-1)[..., None]
    below, above = (np.take_along_axis(kept, np.maximum(place, 0), axis=-1) for place in (at - 1, at))
    start, end = (np.take_along_axis(found.fractions, np.maximum(place, 0), axis=-1) for place in (at - 1, at))
    rise = above - below
    part = np.divide(recovered - below, rise, out=np.zeros_like(rise), where=rise > 0)
    crossing: Array = np.where(np.isnan(above), np.nan, start + part * (end - start))[..., 0]
    return crossing


def _climbing(steps: Array) -> Array:
    """(..., k + 1) the running sums, from 0."""
    start = np.zeros((*steps.shape[:-1], 1))
    return np.concatenate([start, np.cumsum(steps, axis=-1)], axis=-1)
