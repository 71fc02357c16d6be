"""The frontier of routers over the thrift knob, beside single experts and what mixing those by lot reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.report.parts import Figure, Missing
from eval.report.plots.frontier import Frontier
from eval.report.plots.points import Point, Series, Single
from eval.routing.figures.lead import routers_of
from eval.routing.rows import Row
from eval.routing.run import Evaluation
from gateway.experts import DEFAULT_THRIFT
from routers.hull import hull

AXIS = "dollars per thousand questions"
NO_COSTS = "costs are unknown; give --models, `costs` or a column cost_usd"


def frontier(evaluation: Evaluation) -> Figure:
    """Every router over its settings; baselines that learned are minor."""
    singles = evaluation.detail.frontier
    if singles is None:
        return Missing(Frontier.key, Frontier.heading, NO_COSTS)
    swept = [row for row in evaluation.rows if row.thrift is not None and row.cost_usd_per_1k is not None]
    routers = routers_of(evaluation)
    names = (*routers, *(name for name in dict.fromkeys(row.name for row in swept) if name not in routers))
    series = tuple(
        Series(
            name, tuple(_point(row, lead=name == names[0]) for row in swept if row.name == name), name not in routers
        )
        for name in names
    )
    costs, qualities = (1000 * singles.costs).tolist(), singles.qualities.tolist()
    points = [(at.cost, at.accuracy) for one in series for at in one.points]
    alone = zip(evaluation.trial.experts, costs, qualities, strict=True)
    return Frontier(
        AXIS,
        series,
        tuple(Single(*one) for one in alone),
        hull=corners(points),
        zero=corners(list(zip(costs, qualities, strict=True))),
    )


def corners(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Of the convex hull of (cost, accuracy)."""
    if not points:
        return ()
    costs, accuracies = np.array(points, dtype=np.float64).T
    found = hull(costs, accuracies)
    return tuple(zip(found.costs.tolist(), found.qualities.tolist(), strict=True))


def _point(row: Row, lead: bool) -> Point:
    """The default of the lead alone is marked: all have theirs at about the same cost."""
    assert row.cost_usd_per_1k is not None and row.thrift is not None
    default = lead and row.thrift == DEFAULT_THRIFT
    return Point(row.cost_usd_per_1k, row.accuracy, row.accuracy_interval, f"thrift {row.thrift:g}", default)
