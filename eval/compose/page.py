"""An evaluation of strategies as a page: what it says, the plots, every figure. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from eval.compose.report import lines, settings_sheet, sheets
from eval.compose.run import Evaluation
from eval.report.parts import Figure, Lines, Page, Section


def page_of(evaluation: Evaluation, figures: Sequence[Figure]) -> Page:
    """In words first; every setting last."""
    trial = evaluation.trial
    swept = [row for row in evaluation.rows if row.kind == "strategy"]
    every = (Section("Every setting", (settings_sheet(swept),)),) if swept else ()
    return Page(
        f"Strategies over {len(trial.experts)} experts, {len(trial.texts):,} questions",
        (
            Section("", (Lines(tuple(lines(evaluation))),)),
            Section("Plots", figures),
            Section("Figures", sheets(evaluation)),
            *every,
        ),
    )
