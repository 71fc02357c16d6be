"""The chance that an answer is right, once it is known who gave it and where it stands among the options.

Models favour the first options when they do not know (Zheng et al. 2024, arXiv 2309.03882), each in its own measure,
and some are seldom wrong when they answer at all. Knows chances and places, no other expert's answer.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.special import expit

from routers.base import Array, Estimator
from routers.fusion.cases import Cases

PLACES = 10
"""Options beyond the tenth count as the tenth."""
WIDTH = 2 + PLACES + 1
STEPS = 8
FURTHEST = 4.6
"""No log odds go beyond a chance of 0.99."""


class Voices(Estimator):
    """σ(a + b·logit(p) + c[place]), by expert; drawn toward what holds of all experts as if by `strength` answers."""

    weights_: Array
    """(m + 1, WIDTH): a, b and c by expert; the last row is of any expert."""

    def __init__(self, strength: float = 20.0) -> None:
        self.strength = strength

    def fit(self, cases: Cases, right: Array) -> Self:
        """right: (n, m) bool, read where there is an answer."""
        design, voiced = _design(cases), cases.voiced
        neutral = np.zeros(WIDTH)
        neutral[1] = 1.0
        general = _logistic(design[voiced], right[voiced], neutral, np.r_[1.0, 1.0, np.full(WIDTH - 2, 5.0)])
        own = [
            _logistic(design[said, m], right[said, m], general, np.full(WIDTH, self.strength))
            for m, said in enumerate(voiced.T)
        ]
        self.weights_ = np.array([*own, general])
        return self

    @classmethod
    def neutral(cls) -> Self:
        """That takes every chance at its word."""
        voices = cls()
        voices.weights_ = np.zeros((1, WIDTH))
        voices.weights_[0, 1] = 1.0
        return voices

    def among(self, experts: Array) -> Self:
        """Of these experts, by their rows (-1: any expert)."""
        chosen = type(self)(self.strength)
        chosen.weights_ = np.vstack([self.weights_[experts], self.weights_[-1:]])
        return chosen

    def logits(self, cases: Cases, known: Array | None = None) -> Array:
        """(n, m) log odds of each answer to be right by itself; of each chance, where there is no answer.

        known: (n, m) bool, who is heard as themselves; the others as any expert. All of them unless given.
        """
        plain, place = cases.logits, _place(cases)
        given = _given(self.weights_[:-1], plain, place)
        if known is not None:
            given = np.where(known, given, _given(self.weights_[-1:].repeat(plain.shape[1], axis=0), plain, place))
        found: Array = np.where(cases.voiced, np.clip(given, -FURTHEST, FURTHEST), plain)
        return found


def _given(weights: Array, plain: Array, place: Array) -> Array:
    """(n, m) log odds by these weights (m, WIDTH)."""
    found: Array = weights[:, 0] + weights[:, 1] * plain + weights[:, 2:][np.arange(len(weights)), place]
    return found


def _place(cases: Cases) -> Array:
    """(n, m) the place of each expert's answer; PLACES where it has none."""
    if not cases.places.shape[1]:
        return np.full(cases.said.shape, PLACES)
    place = np.take_along_axis(cases.places, np.maximum(cases.said, 0), axis=1)
    found: Array = np.where(cases.voiced & (place >= 0), np.minimum(place, PLACES - 1), PLACES)
    return found


def _design(cases: Cases) -> Array:
    """(n, m, WIDTH)"""
    plain = cases.logits[:, :, None]
    return np.concatenate([np.ones_like(plain), plain, _place(cases)[:, :, None] == np.arange(PLACES + 1)], axis=2)


def _logistic(X: Array, y: Array, prior: Array, strength: Array) -> Array:
    """Newton's method on the penalised likelihood; the prior itself where there are no rows."""
    weights = prior
    for _ in range(STEPS):
        chance = expit(X @ weights)
        slope = X.T @ (chance - y) + strength * (weights - prior)
        curve = (X.T * (chance * (1 - chance))) @ X + np.diag(strength)
        weights = weights - np.linalg.solve(curve, slope)
    return weights
