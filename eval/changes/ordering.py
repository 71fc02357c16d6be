"""Where the ordering of the experts is open, category by category, and what asking more would settle.

Active ranking with the monotonicity that routing denies taken category by category: an expert that is shown to be
worse than the best of a category is asked no more of it (successive elimination), and each question goes where it
lessens the expected loss of naming the wrong best most (expected opportunity cost: Chick and Inoue, 2001).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from routers.base import Array

MISTAKE = 0.1
"""The chance that a best expert is dropped wrongly, over all categories and rivals together."""
SLIPS = 1.0
"""As many wins and losses are added to each comparison, so that a few like answers are not taken for certainty."""


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """The standing of one category. best: the leader's column; others: columns of those not yet dropped.

    gaps, variances, counts: of the leader less each of the others, per question that both answered. share: the
    category's part of the questions.
    """

    category: str
    best: int
    others: Array
    gaps: Array
    variances: Array
    counts: Array
    share: float

    @property
    def columns(self) -> Array:
        """The experts to be asked, the leader first; nobody where the ordering is settled."""
        return np.concatenate([[self.best], self.others]) if len(self.others) else self.others

    def loss(self, more: int = 0) -> float:
        """Expected accuracy lost, over all questions, should a rival be the better one, after `more` questions."""
        return float(self.share * lost(self.gaps, np.sqrt(self.variances / (self.counts + more))).sum())


def lost(gaps: Array, errors: Array) -> Array:
    """E[max(0, -X)] for X normal: s·(φ(t) - t·(1 - Φ(t))), t = gap / s."""
    t = gaps / errors
    found: Array = errors * (np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) - t * ndtr(-t))
    return found


def standings(scores: Array, categories: Array, names: list[str]) -> Iterator[Rivals]:
    """Of each category; scores (n, m), NaN where not asked, and the category of each question (n,) by number."""
    m = scores.shape[1]
    level = float(ndtri(1 - MISTAKE / max(1, len(names) * (m - 1))))
    for number, name in enumerate(names):
        part = scores[categories == number]
        yield _rivals(name, part, len(part) / len(scores), level)


def _rivals(name: str, scores: Array, share: float, level: float) -> Rivals:
    known = ~np.isnan(scores)
    means = (np.nansum(scores, axis=0) + SLIPS) / (known.sum(axis=0) + 2 * SLIPS)
    best = int(np.argmax(means))
    others = np.delete(np.arange(scores.shape[1]), best)
    apart = scores[:, [best]] - scores[:, others]
    both = ~np.isnan(apart)
    counts = both.sum(axis=0) + 2 * SLIPS
    gaps = np.nansum(apart, axis=0) / counts
    variances = (np.nansum(apart**2, axis=0) + 2 * SLIPS) / counts - gaps**2
    open_ = gaps < level * np.sqrt(variances / counts)
    return Rivals(name, best, others[open_], gaps[open_], variances[open_], counts[open_], share)


def allotted(rivals: list[Rivals], room: list[int], budget: int) -> list[int]:
    """How many questions of each category to ask of all its rivals, within so many calls; room: questions there are.

    One by one to where the loss falls most for each call.
    """
    given = [0] * len(rivals)
    gains = np.array([_gain(one, 0) if free else 0.0 for one, free in zip(rivals, room, strict=True)])
    while True:
        costs = np.array([len(one.columns) for one in rivals])
        gains[costs > budget] = 0.0
        at = int(np.argmax(gains))
        if gains[at] <= 0:
            return given
        given[at] += 1
        budget -= int(costs[at])
        gains[at] = _gain(rivals[at], given[at]) if given[at] < room[at] else 0.0


def _gain(one: Rivals, asked: int) -> float:
    """The fall of the expected loss for one more question, per call."""
    return (one.loss(asked) - one.loss(asked + 1)) / len(one.columns) if len(one.others) else 0.0
