"""What a router is worth over all settings of its knob: AIQ, CostSave, PerfGain, the distance to the Pareto frontier.

Settings are chosen and judged on the same questions: what a router gains by having many of them is in here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.aiq import aiq
from eval.metrics.bootstrap import Interval, interval
from eval.metrics.cost import cost_save
from eval.metrics.llmrouterbench import pareto_distance, perf_gain
from eval.routing.means import Means, figure_of
from routers.base import Array

HULLS = 400
"""Of so many resamples a hull is drawn: it is slow, and 400 tell an interval well enough."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Over all settings: AIQ, what it gains on the zero router's, CostSave at the best single's accuracy, PerfGain.

    cost_save_share: in which share of the resamples there is a setting that is as good as the best single expert.
    """

    aiq: float | None = None
    aiq_interval: Interval | None = None
    aiq_gain: float | None = None
    aiq_gain_interval: Interval | None = None
    cost_save: float | None = None
    cost_save_interval: Interval | None = None
    cost_save_share: float | None = None
    perf_gain: float | None = None
    perf_gain_interval: Interval | None = None
    pareto_distance: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Mean cost and quality of several choices: (k,) on the questions, (b, k) in the resamples."""

    costs: Array
    qualities: Array
    drawn_costs: Array
    drawn_qualities: Array

    def area(self, singles: Points) -> tuple[float, Array]:
        """AIQ between the ends of the single experts, on the questions and in each resample."""
        drawn = (
            _area(*four)
            for four in zip(
                self.drawn_costs[:HULLS],
                self.drawn_qualities[:HULLS],
                singles.drawn_costs[:HULLS],
                singles.drawn_qualities[:HULLS],
                strict=True,
            )
        )
        return _area(self.costs, self.qualities, singles.costs, singles.qualities), np.fromiter(drawn, np.float64)


def points_of(means: Means, numbers: Sequence[int]) -> Points | None:
    """Of the choices with these numbers; None where there are none, or a cost is not known."""
    if not numbers or not all((at, name) in means.point for at in numbers for name in ("cost", "score")):
        return None
    costs, qualities = (np.array([means.point[at, name] for at in numbers]) for name in ("cost", "score"))
    drawn = (np.stack([means.drawn[at, name] for at in numbers], axis=1) for name in ("cost", "score"))
    return Points(costs, qualities, *drawn)


def zero_budget(singles: Points) -> Budget:
    """The zero router's AIQ, which a router's gain is over."""
    area = figure_of(*singles.area(singles))
    return Budget(aiq=area.value, aiq_interval=area.interval, aiq_gain=0.0 if area.value is not None else None)


def budget_of(swept: Points, singles: Points, best: int, together: Points) -> Budget:
    """best: which of the single experts is the best. together: every point that may lie on the Pareto frontier."""
    area, zero = swept.area(singles), singles.area(singles)
    found, gain = figure_of(*area), figure_of(area[0] - zero[0], area[1] - zero[1])
    more = figure_of(
        perf_gain(swept.qualities, singles.qualities[best]),
        perf_gain(swept.drawn_qualities, singles.drawn_qualities[:, best]),
    )
    saved = cost_save(swept.costs, swept.qualities, float(singles.costs[best]), float(singles.qualities[best]))
    drawn = _saved(swept, singles, best)
    ends = float(singles.costs.min()), float(singles.costs.max())
    return Budget(
        found.value,
        found.interval,
        gain.value,
        gain.interval,
        saved,
        None if saved is None else interval(drawn),
        None if singles.costs[best] <= 0 else float(np.mean(~np.isnan(drawn))),
        more.value,
        more.interval,
        pareto_distance(swept.costs, swept.qualities, together.costs, together.qualities, *ends),
    )


def _area(costs: Array, qualities: Array, single_costs: Array, single_qualities: Array) -> float:
    """Sending everything to the cheapest expert is a setting that any router has. NaN where the ends are one."""
    cheapest = int(single_costs.argmin())
    points = np.append(costs, single_costs[cheapest]), np.append(qualities, single_qualities[cheapest])
    area = aiq(*points, float(single_costs.min()), float(single_costs.max()))
    return np.nan if area is None else area


def _saved(swept: Points, singles: Points, best: int) -> Array:
    """(b,) CostSave in each resample; NaN where no setting is as good."""
    rows = zip(
        swept.drawn_costs,
        swept.drawn_qualities,
        singles.drawn_costs[:, best],
        singles.drawn_qualities[:, best],
        strict=True,
    )
    saved = (cost_save(costs, qualities, float(cost), float(quality)) for costs, qualities, cost, quality in rows)
    return np.array([np.nan if one is None else one for one in saved])
