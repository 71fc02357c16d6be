"""An evaluation of the gate as a page: what it says, the plots, every figure. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from eval.gate.report import lines, sheets
from eval.gate.run import Evaluation
from eval.report.parts import Figure, Lines, Page, Section


def page_of(evaluation: Evaluation, figures: Sequence[Figure]) -> Page:
    """In words first."""
    return Page(
        f"The retrieval gate on {len(evaluation.labelled.pairs):,} pairs of a question and an expert",
        (
            Section("", (Lines(tuple(lines(evaluation))),)),
            Section("Plots", figures),
            Section("Figures", sheets(evaluation)),
        ),
    )
