"""An evaluation of routers as a page: what it says, the plots, every figure. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from eval.report.parts import Figure, Lines, Page, Section
from eval.routing.report import lines, sheets
from eval.routing.run import Evaluation


def page_of(evaluation: Evaluation, figures: Sequence[Figure]) -> Page:
    """In words first: whether routing pays is read there."""
    trial = evaluation.trial
    return Page(
        f"Routers over {len(trial.experts)} experts, {len(trial.texts):,} questions",
        (
            Section("", (Lines(tuple(lines(evaluation))),)),
            Section("Plots", figures),
            Section("Figures", sheets(evaluation)),
        ),
    )
