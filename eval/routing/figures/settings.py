"""Accuracy and cost of the lead router at each setting of the thrift knob."""

from __future__ import annotations

from eval.report.parts import Figure, Missing
from eval.report.plots.settings import At, Settings
from eval.routing.figures.frontier import NO_COSTS
from eval.routing.figures.lead import NO_ROUTER, choice_of, lead_of
from eval.routing.run import Evaluation
from eval.routing.yardsticks import HINDSIGHT
from gateway.experts import DEFAULT_THRIFT


def settings(evaluation: Evaluation) -> Figure:
    lead, single = lead_of(evaluation), choice_of(evaluation, HINDSIGHT)
    if lead is None or single is None:
        return Missing(Settings.key, Settings.heading, NO_ROUTER)
    swept = [
        At(row.thrift, row.accuracy, row.accuracy_interval, row.cost_usd_per_1k)
        for row in evaluation.rows
        if row.name == lead and row.thrift is not None and row.cost_usd_per_1k is not None
    ]
    if not swept:
        return Missing(Settings.key, Settings.heading, NO_COSTS)
    ordered = tuple(sorted(swept, key=lambda at: at.thrift))
    return Settings(lead, DEFAULT_THRIFT, single.accuracy, ordered)
