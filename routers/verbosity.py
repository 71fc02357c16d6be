"""How much an expert writes: expected output tokens by query and expert, which is what a list price is multiplied by.

Knows no price. Tokens may be estimated as characters / 4; the unit is the caller's.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np

from routers.base import Array, Estimator, Matrix

NOISE = 1e-6
FAR = 3.0
"""A feature counts as at most so many of its standard deviations from its mean."""
WITHIN = (2.0, 98.0)
"""Percentiles of the expected lengths in training, which no expectation leaves."""


class Verbosity(Estimator):
    """log tokens[i, m] = length(x_i) + factor_m + noise: linear in the query's features, with one factor per expert.

    Ridge regression and shrunk means in turn (backfitting) until both stand. `shrinkage`: as many answers of the
    average expert are mixed into each factor, so an expert of whom nothing is known has the factor 0.
    """

    columns: ClassVar[Mapping[str, int]] = {"factors_": 0}

    experts_: tuple[str, ...]
    centre_: Array
    scale_: Array
    weights_: Array
    factors_: Array
    range_: Array
    """(2,) logarithms of what the average expert writes at least and at most: queries unlike any are no longer."""
    base_: float
    spread_: float

    def __init__(self, ridge: float = 10.0, shrinkage: float = 5.0, rounds: int = 20) -> None:
        self.ridge = ridge
        self.shrinkage = shrinkage
        self.rounds = rounds

    def fit(self, X: Matrix, tokens: Array, experts: Sequence[str]) -> Self:
        """Learn from X (n, d), dense, and tokens (n, m), NaN where there was no answer; an empty answer is none."""
        logs = _logs(tokens)
        if logs.shape != (X.shape[0], len(experts)):
            raise ValueError(f"tokens have shape {logs.shape}; {X.shape[0]} queries and {len(experts)} experts given")
        if np.isnan(logs).all():
            raise ValueError("no answer has any length: there is nothing to learn verbosity from")
        self.experts_ = tuple(experts)
        self.centre_, self.scale_ = np.asarray(X.mean(axis=0)), np.asarray(X.std(axis=0)) + NOISE
        self.weights_, self.factors_ = np.zeros(X.shape[1]), np.zeros(len(self.experts_))
        self.base_ = float(np.nanmean(logs))
        self.range_ = np.array([-np.inf, np.inf])
        self._backfit(self._scaled(X), logs)
        self.range_ = np.percentile(self.log_length(X), WITHIN)
        self.spread_ = float(np.nanstd(logs - self.log_tokens(X)))
        return self

    def add(self, expert: str, X: Matrix, tokens: Array) -> Self:
        """The same with one expert more, or measured anew; what is predicted of the others stays as it is."""
        logs = _logs(tokens)
        kept = [place for place, name in enumerate(self.experts_) if name != expert]
        added = copy.copy(self)
        factor = _shrunk((logs - self.log_length(X))[:, None], self.shrinkage)
        added.experts_ = (*(self.experts_[place] for place in kept), expert)
        added.factors_ = np.append(self.factors_[kept], factor)
        return added

    def log_length(self, X: Matrix) -> Array:
        """(n,) the logarithm of what the average expert writes, at the median."""
        length: Array = np.clip(self.base_ + self._scaled(X) @ self.weights_, *self.range_)
        return length

    def log_tokens(self, X: Matrix) -> Array:
        """(n, m) the median on the logarithmic scale, which is what the model is fitted to."""
        return self.log_length(X)[:, None] + self.factors_[None]

    def lengths(self, X: Matrix) -> Array:
        """(n,) tokens expected of the average expert: the mean of the log-normal, exp(median + s^2 / 2)."""
        expected: Array = np.exp(self.log_length(X) + self.spread_**2 / 2)
        return expected

    def ratios(self, experts: Sequence[str]) -> Array:
        """(m,) how many times as much as the average expert each writes; 1 for one that was never seen."""
        known = dict(zip(self.experts_, self.factors_.tolist(), strict=True))
        return np.exp([known.get(name, 0.0) for name in experts])

    def predict(self, X: Matrix) -> Array:
        """(n, m) expected tokens, columns as in `experts_`."""
        return self.lengths(X)[:, None] * np.exp(self.factors_)[None]

    def error(self, X: Matrix, tokens: Array) -> float:
        """The mean absolute error of log tokens."""
        return float(np.nanmean(np.abs(_logs(tokens) - self.log_tokens(X))))

    def _scaled(self, X: Matrix) -> Array:
        scaled: Array = np.clip((np.asarray(X, dtype=np.float64) - self.centre_) / self.scale_, -FAR, FAR)
        return scaled

    def _backfit(self, Z: Array, logs: Array) -> None:
        answers = (~np.isnan(logs)).sum(axis=1)
        gram = (Z * answers[:, None]).T @ Z + self.ridge * np.eye(Z.shape[1])
        for _ in range(self.rounds):
            self.factors_ = _shrunk(logs - self.base_ - (Z @ self.weights_)[:, None], self.shrinkage)
            self.base_ += float(self.factors_.mean())
            self.factors_ -= self.factors_.mean()
            rest = np.nansum(logs - self.base_ - self.factors_, axis=1)
            self.weights_ = np.linalg.solve(gram, Z.T @ rest)


def _logs(tokens: Array) -> Array:
    tokens = np.asarray(tokens, dtype=np.float64)
    if (tokens < 0).any():
        raise ValueError(f"a count of tokens must not be negative, found {np.nanmin(tokens):g}")
    return np.log(np.where(tokens > 0, tokens, np.nan))


def _shrunk(rest: Array, shrinkage: float) -> Array:
    """(m,) means of (n, m) over what is not NaN, drawn toward 0."""
    shrunk: Array = np.nansum(rest, axis=0) / (np.sum(~np.isnan(rest), axis=0) + shrinkage)
    return shrunk
