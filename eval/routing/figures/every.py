"""All plots of an evaluation of routers, in the order of the page."""

from __future__ import annotations

from eval.report.parts import Figure
from eval.routing.figures.abilities import abilities
from eval.routing.figures.asked import asked
from eval.routing.figures.calibration import calibration
from eval.routing.figures.confusion import confusion
from eval.routing.figures.difficulty import difficulty
from eval.routing.figures.frontier import frontier
from eval.routing.figures.gain import gain
from eval.routing.figures.risk import risk
from eval.routing.figures.settings import settings
from eval.routing.run import Evaluation


def figures_of(evaluation: Evaluation) -> tuple[Figure, ...]:
    """Each of them, or why it is not there."""
    return (
        frontier(evaluation),
        settings(evaluation),
        gain(evaluation),
        asked(evaluation),
        calibration(evaluation),
        risk(evaluation),
        confusion(evaluation),
        abilities(evaluation),
        difficulty(evaluation.trial),
    )
