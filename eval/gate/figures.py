"""The numbers of the plots of an evaluation of the gate. Nothing here draws."""

from __future__ import annotations

from collections.abc import Iterator

from eval.gate.rows import ALWAYS, NEVER, ORACLE, Row
from eval.gate.run import Evaluation
from eval.report.parts import Figure
from eval.report.plots.calibration import Calibration, Reliability
from eval.report.plots.lookups import Look, Lookups
from eval.routing.figures.calibration import reliability
from eval.routing.rows import Resampling


def figures_of(evaluation: Evaluation) -> tuple[Figure, ...]:
    """What looking up brings, and whether the chances it is decided by come true."""
    return lookups(evaluation), Calibration(tuple(_reliabilities(evaluation)))


def lookups(evaluation: Evaluation) -> Lookups:
    """Each gate at each budget, between never and always."""
    fixed = {row.name: _look(row) for row in evaluation.rows if row.budget is None}
    gates = tuple(_look(row) for row in evaluation.rows if row.budget is not None)
    return Lookups(gates, fixed[NEVER], fixed[ALWAYS], fixed[ORACLE])


def _look(row: Row) -> Look:
    return Look(row.name, row.budget, row.retrieved_share, row.accuracy, row.accuracy_interval)


def _reliabilities(evaluation: Evaluation) -> Iterator[Reliability]:
    labelled, settings = evaluation.labelled, evaluation.settings
    drawn = Resampling(settings.resamples, settings.seed)
    for name, chances in evaluation.foretold.items():
        arms = (("without", labelled.without), ("with documents", labelled.documented))
        for (arm, scores), predicted in zip(arms, chances, strict=True):
            yield reliability(f"{name}, {arm}", scores, predicted, labelled.groups, drawn)
