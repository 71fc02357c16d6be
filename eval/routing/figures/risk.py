"""Risk-coverage curves: of whoever knows how sure it is."""

from __future__ import annotations

import numpy as np

from eval.report.parts import Figure, Missing
from eval.report.plots.risk import Curve, Risk
from eval.routing.figures.lead import NO_ROUTER, choice_of, routers_of
from eval.routing.run import Evaluation
from routers.base import Array
from routers.selective import aurc, risk_coverage

POINTS = 101
"""Kept of each curve, evenly."""
MOST = 6
FIRST = 10
"""Questions before which a share wrong is a leap from nothing to all."""


def risk(evaluation: Evaluation) -> Figure:
    """How sure a router is: what it expects of the expert it chose."""
    curves = []
    for name in routers_of(evaluation)[:MOST]:
        choice = choice_of(evaluation, name)
        if choice is not None and choice.places is not None:
            sure = evaluation.detail.means[name][np.arange(len(choice.places)), choice.places]
            curves.append(curve(name, sure, choice.scores))
    return Risk(tuple(curves)) if curves else Missing(Risk.key, Risk.heading, NO_ROUTER)


def curve(name: str, confidence: Array, scores: Array) -> Curve:
    """Of confidences (n,) and scores (n,), those without a score left out."""
    answered, wrong = risk_coverage(confidence, scores)
    kept = np.unique(np.linspace(min(FIRST, len(answered)) - 1, len(answered) - 1, POINTS).round().astype(int))
    return Curve(name, aurc(confidence, scores), tuple(answered[kept].tolist()), tuple(wrong[kept].tolist()))
