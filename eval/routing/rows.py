"""The rows of an evaluation: what is said of each router, baseline and oracle, at each setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import Interval, interval, p_value, resampled_means
from eval.metrics.cost import cost_save
from eval.metrics.mcnemar import mcnemar
from eval.routing.chances import Chances
from eval.routing.choice import Choice
from eval.routing.data import Trial
from eval.routing.suite import Kind
from eval.routing.yardsticks import ZERO, Yardsticks
from routers.base import Array

CALLS = 1.0
"""A router asks one expert per question."""


@dataclass(frozen=True, slots=True)
class Versus:
    """Against the best single expert, on the questions both answered. `verdict`: better, worse, noise or same."""

    difference: float
    difference_interval: Interval | None
    p_value: float
    mcnemar_p: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Over all settings: AIQ, what it gains on the zero router's, and CostSave at the best single's accuracy."""

    aiq: float | None
    aiq_gain: float | None
    cost_save: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. `chances` and `budget` belong to a router as a whole, so its settings have none."""

    name: str
    kind: Kind
    thrift: float | None
    n: int
    accuracy: float
    accuracy_interval: Interval | None
    versus: Versus
    calls_per_query: float
    cost_usd_per_1k: float | None
    active_params_b: float | None
    share: Mapping[str, float]
    chances: Chances | None
    budget: Budget | None


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often the groups are drawn anew, and from which seed."""

    resamples: int
    seed: int


def rows_of(
    trial: Trial,
    choices: Sequence[Choice],
    yardsticks: Yardsticks,
    chances: Mapping[str, Chances],
    resampling: Resampling,
) -> tuple[Row, ...]:
    """A row per choice, all resampled together; `chances` by the name of a router."""
    scores = np.stack([choice.scores for choice in choices], axis=1)
    rival = yardsticks.best.scores
    both = np.concatenate([scores, scores - rival[:, None]], axis=1)
    means = resampled_means(both, trial.table.groups, resampling.resamples, resampling.seed)
    own, differences = np.split(means, 2, axis=1)
    return tuple(
        Row(
            name=choice.name,
            kind=choice.kind,
            thrift=choice.thrift,
            n=int(np.sum(~np.isnan(choice.scores))),
            accuracy=choice.accuracy,
            accuracy_interval=interval(own[:, k]),
            versus=versus_of(choice.scores, rival, differences[:, k]),
            calls_per_query=CALLS,
            cost_usd_per_1k=None if choice.cost is None else 1000 * choice.cost,
            active_params_b=choice.params,
            share=choice.share,
            chances=chances.get(choice.name) if choice.thrift is None else None,
            budget=_budget(choice, choices, yardsticks),
        )
        for k, choice in enumerate(choices)
    )


def versus_of(scores: Array, rival: Array, resampled: Array) -> Versus:
    """Of scores (n,) and a rival's, with the resampled means (b,) of their difference."""
    difference = scores - rival
    if not (~np.isnan(difference)).any():
        return Versus(float("nan"), None, 1.0, 1.0, "no question in common")
    found = interval(resampled)
    mean = float(np.nanmean(difference))
    return Versus(mean, found, p_value(resampled), mcnemar(scores, rival), _verdict(difference, found))


def _verdict(difference: Array, found: Interval | None) -> str:
    """In a word: an interval that contains 0 is noise; the same is right on the very same questions."""
    if not np.nan_to_num(difference).any():
        return "same"
    if found is None or found[0] <= 0 <= found[1]:
        return "noise"
    return "better" if found[0] > 0 else "worse"


def _budget(choice: Choice, choices: Sequence[Choice], yardsticks: Yardsticks) -> Budget | None:
    """Of a router that was swept, and of the zero router."""
    frontier, single_cost = yardsticks.frontier, yardsticks.best.cost
    if frontier is None or single_cost is None or choice.thrift is not None:
        return None
    if choice.name == ZERO:
        return Budget(frontier.aiq(frontier.costs, frontier.qualities), 0.0, None)
    swept = [one for one in choices if one.name == choice.name and one.thrift is not None]
    if not swept:
        return None
    costs = np.array([one.cost for one in swept], dtype=np.float64)
    qualities = np.array([one.accuracy for one in swept])
    area, zero = frontier.aiq(costs, qualities), frontier.aiq(frontier.costs, frontier.qualities)
    gain = None if area is None or zero is None else area - zero
    return Budget(area, gain, cost_save(costs, qualities, single_cost, yardsticks.best.accuracy))
