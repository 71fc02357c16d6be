"""How it went for one way of choosing: per question a score and a cost. What is learned of it is told elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.metrics.effort import active_params
from eval.routing.data import Trial
from eval.routing.suite import Kind
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One way of choosing, at one setting of the thrift knob (None: quality alone counts, no knob is turned).

    scores, costs: (n,), NaN on questions that it cannot answer. params: mean active parameters per question.
    share: of the questions, by expert. places: (n,) whom each question goes to; None where lots are drawn.
    """

    name: str
    kind: Kind
    thrift: float | None
    scores: Array
    costs: Array | None
    params: float | None
    share: Mapping[str, float]
    places: Array | None = None

    @property
    def accuracy(self) -> float:
        return float(np.nanmean(self.scores))

    @property
    def cost(self) -> float | None:
        """Dollars per question."""
        return None if self.costs is None else float(np.nanmean(self.costs))


def chosen(trial: Trial, name: str, kind: Kind, places: Array, thrift: float | None = None) -> Choice:
    """The choice of one expert per question, places (n,); a question whose expert was not measured is missing."""
    at = np.arange(len(places))
    scores = trial.scores[at, places]
    seen = ~np.isnan(scores)
    counts = np.bincount(places[seen], minlength=len(trial.experts)) / seen.sum()
    costs = None if trial.costs is None else np.where(seen, trial.costs.spent[at, places], np.nan)
    share = {trial.experts[m]: float(counts[m]) for m in np.flatnonzero(counts)}
    return Choice(name, kind, thrift, scores, costs, mean_params(trial, counts), share, places)


def mixed(trial: Trial, name: str, kind: Kind) -> Choice:
    """The expectation over drawing one of the measured experts of each question, all alike likely."""
    chances = trial.measured / trial.measured.sum(axis=1, keepdims=True)
    scores = (np.where(trial.measured, trial.scores, 0) * chances).sum(axis=1)
    costs = None if trial.costs is None else (np.where(trial.measured, trial.costs.spent, 0) * chances).sum(axis=1)
    counts = chances.mean(axis=0)
    share = dict(zip(trial.experts, counts.tolist(), strict=True))
    return Choice(name, kind, None, scores, costs, mean_params(trial, counts), share)


def mean_params(trial: Trial, counts: Array) -> float | None:
    """Billions of parameters at work per question, sum of share·size; None where an asked expert's size is unknown."""
    return None if trial.params is None else active_params(counts, trial.params)
