"""SKR's neighbours (Wang et al., EMNLP Findings 2023, section 3.4): did documents help on questions like this one?

Knows no parameter of the gate. Questions on which documents changed nothing have no vote.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array, Estimator

CHANGE = 0.25
"""From this difference of scores on documents helped, or harmed."""
NEAREST = 64
"""So many labelled questions are looked at; those without a vote among them are passed over."""
FEW = 5.0
"""A margin of so many votes from nowhere: one neighbour alone says little."""
STRANGE, LIKE = 0.3, 0.7
"""Cosines at which a question is no neighbour at all, and one in full."""


class Neighbours(Estimator):
    """questions_: (l, d) unit rows. votes_: (e, l) 1 where documents helped, -1 harmed, 0 neither, NaN not asked."""

    questions_: Array
    votes_: Array

    def __init__(self, neighbours: int = 5) -> None:
        self.neighbours = neighbours

    def fit(self, questions: Array, gains: Array) -> Neighbours:
        """questions: (l, d) unit rows; gains: (e, l) of each expert, score with documents less that without."""
        self.questions_ = np.asarray(questions, dtype=np.float32)
        self.votes_ = votes_of(gains).astype(np.float32)
        return self

    def margins(self, query: Array, without: int | None = None) -> Array:
        """(e,) in (-1, 1), positive where documents helped on like questions more often than on all.

        query: (d,) of length one. without: the number of a labelled question that is left out, as the query itself.
        """
        votes, nearness = self.votes_, self.questions_ @ query
        if without is not None:
            nearness = nearness.copy()
            nearness[without] = -np.inf
        order = _greatest(nearness, NEAREST + 1)
        order = order[np.isfinite(nearness[order])]
        counted = np.clip((nearness[order] - STRANGE) / (LIKE - STRANGE), 0, 1)
        return margins_of(np.nan_to_num(votes[:, order]), counted, surplus(votes), self.neighbours)


def votes_of(gains: Array) -> Array:
    """1 helped, -1 harmed, 0 neither; NaN stays."""
    return np.where(np.isnan(gains), np.nan, np.sign(gains) * (np.abs(gains) >= CHANGE))


def surplus(votes: Array) -> Array:
    """(e,) by how much more often documents helped than harmed: SKR's (b - w) / (b + w + s)."""
    asked = np.maximum((~np.isnan(votes)).sum(axis=1), 1)
    share: Array = np.nansum(votes, axis=1) / asked
    return share


def margins_of(votes: Array, counted: Array, prior: Array, neighbours: int) -> Array:
    """(e,) (B - W - k·(b - w)/(b + w + s)) / (k + FEW): SKR's margin over its prior, shrunk.

    votes: (e, l) in the order of nearness; counted: (l,) in [0, 1], how much each neighbour counts. B, W: the votes of
    the first `neighbours` of each expert that have one; k: how much these count in all.
    """
    voting = votes != 0
    taken = voting & (np.cumsum(voting, axis=1) <= neighbours)
    weights = taken * counted
    k = weights.sum(axis=1)
    margins: Array = ((weights * votes).sum(axis=1) - k * prior) / (k + FEW)
    return margins


def _greatest(values: Array, most: int) -> Array:
    """The places of the greatest values, in their order."""
    if len(values) > most:
        places = np.argpartition(-values, most)[:most]
        return places[np.argsort(-values[places], kind="stable")]
    return np.argsort(-values, kind="stable")
