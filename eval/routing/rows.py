"""The rows of an evaluation: what is said of each router, baseline and oracle, at each setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import Interval, interval, p_value
from eval.metrics.mcnemar import mcnemar
from eval.metrics.superiority import MARGIN, non_inferiority
from eval.routing.chances import Chances, intervals_of
from eval.routing.choice import Choice
from eval.routing.ground import Ground
from eval.routing.means import Resampling as Resampling
from eval.routing.measures import Measures, measures_of
from eval.routing.suite import Kind
from eval.routing.sweep import Budget, budget_of, points_of, zero_budget
from eval.routing.yardsticks import SINGLE, ZERO
from routers.base import Array

CALLS = 1.0
"""A router asks one expert per question."""


@dataclass(frozen=True, slots=True)
class Versus:
    """Against the best single expert, on the questions both answered. `verdict`: better, worse, noise or same.

    lower_bound: of the difference, one-sided; above -margin the row is not_worse, which noise alone does not say.
    """

    difference: float
    difference_interval: Interval | None
    p_value: float
    mcnemar_p: float
    verdict: str
    margin: float = MARGIN
    lower_bound: float | None = None
    not_worse: bool = False


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
    measures: Measures
    chance_intervals: Mapping[str, Interval | None]
    """Of `chances`, by name."""


def rows_of(ground: Ground, chances: Mapping[str, Chances]) -> tuple[Row, ...]:
    """A row per choice; `chances` by the name of a router."""
    measures = _measures(ground)
    judged = {name: mean for name, mean in ground.expected.items() if name in chances}
    surely = intervals_of(ground.trial, judged, ground.resampling)
    return tuple(
        Row(
            name=choice.name,
            kind=choice.kind,
            thrift=choice.thrift,
            n=int(np.sum(~np.isnan(choice.scores))),
            accuracy=choice.accuracy,
            accuracy_interval=interval(ground.means.drawn[k, "score"]),
            versus=_versus(ground, k),
            calls_per_query=CALLS,
            cost_usd_per_1k=None if choice.cost is None else 1000 * choice.cost,
            active_params_b=choice.params,
            share=choice.share,
            chances=chances.get(choice.name) if choice.thrift is None else None,
            budget=_budget(ground, choice) if choice.thrift is None else None,
            measures=measures[k],
            chance_intervals=surely.get(choice.name, {}) if choice.thrift is None else {},
        )
        for k, choice in enumerate(ground.choices)
    )


def versus_of(scores: Array, rival: Array, resampled: Array, margin: float = MARGIN) -> Versus:
    """Of scores (n,) and a rival's, with the resampled means (b,) of their difference."""
    difference = scores - rival
    if not (~np.isnan(difference)).any():
        return Versus(float("nan"), None, 1.0, 1.0, "no question in common", margin)
    found, shown = interval(resampled), non_inferiority(resampled, margin)
    mean, verdict = float(np.nanmean(difference)), _verdict(difference, found)
    return Versus(
        mean,
        found,
        p_value(resampled),
        mcnemar(scores, rival),
        verdict,
        shown.margin,
        shown.lower_bound,
        shown.not_worse,
    )


def _versus(ground: Ground, at: int) -> Versus:
    drawn = ground.means.drawn.get((at, "ahead"), np.array([np.nan]))
    return versus_of(ground.choices[at].scores, ground.yardsticks.best.scores, drawn, ground.resampling.margin)


def _verdict(difference: Array, found: Interval | None) -> str:
    """In a word: an interval that contains 0 is noise; the same is right on the very same questions."""
    if not np.nan_to_num(difference).any():
        return "same"
    if found is None or found[0] <= 0 <= found[1]:
        return "noise"
    return "better" if found[0] > 0 else "worse"


def _measures(ground: Ground) -> list[Measures]:
    headlines = iter(ground.datasets.found)
    found = []
    for k, choice in enumerate(ground.choices):
        datasets = next(headlines) if choice.thrift is None else {}
        trade = ground.trades.get(choice.name) if choice.thrift is None else None
        traded = {} if trade is None else trade.figures()
        shares = np.array([choice.share.get(expert, 0.0) for expert in ground.trial.experts])
        found.append(measures_of(ground.means, k, ground.against.pair, shares, _ends(ground), {**datasets, **traded}))
    return found


def _ends(ground: Ground) -> tuple[float, float]:
    """Dollars per 1,000 questions of the cheapest and the dearest single expert."""
    frontier = ground.yardsticks.frontier
    return (np.nan, np.nan) if frontier is None else (1000 * frontier.ends[0], 1000 * frontier.ends[1])


def _budget(ground: Ground, choice: Choice) -> Budget | None:
    """Of a router that was swept, and of the zero router."""
    singles, choices = ground.singles, ground.choices
    if singles is None or choice.name == ZERO:
        return None if singles is None else zero_budget(singles)
    settings = [k for k, one in enumerate(choices) if one.name == choice.name and one.thrift is not None]
    swept = points_of(ground.means, settings)
    if swept is None:
        return None
    rivals = [k for k, one in enumerate(choices) if one.thrift is not None or one.name.startswith(SINGLE)]
    together = points_of(ground.means, rivals) or swept
    return budget_of(swept, singles, ground.trial.experts.index(ground.yardsticks.best_expert), together)
