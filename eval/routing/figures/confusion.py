"""What the categories of questions are taken for."""

from __future__ import annotations

import numpy as np

from eval.report.parts import Figure, Missing
from eval.report.plots.confusion import Confusion
from eval.routing.figures.lead import NO_ROUTER
from eval.routing.run import Evaluation

NO_CATEGORY = "no question has one of the fourteen academic categories"


def confusion(evaluation: Evaluation) -> Figure:
    """Over the questions of the fourteen academic categories."""
    found = evaluation.detail.categories
    if found is None:
        why = NO_CATEGORY if evaluation.detail.means else NO_ROUTER
        return Missing(Confusion.key, Confusion.heading, why)
    truth, rows = np.unique(found.truth, return_inverse=True)
    others = sorted(set(found.predicted.tolist()) - set(truth.tolist()))
    predicted = [*truth.tolist(), *others]
    columns = np.array([predicted.index(name) for name in found.predicted.tolist()])
    counts = np.zeros((len(truth), len(predicted)))
    np.add.at(counts, (rows, columns), 1)
    totals = counts.sum(axis=1)
    return Confusion(
        tuple(truth.tolist()),
        tuple(predicted),
        tuple(int(total) for total in totals),
        tuple(tuple(row) for row in (counts / totals[:, None]).tolist()),
    )
