"""A judgement of changes as a page: what it says, how categories moved, every figure. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from eval.changes.judgement import Judgement
from eval.changes.report import ALL, lines, sheets
from eval.report.parts import Lines, Page, Section
from eval.report.plots.intervals import Difference
from eval.report.plots.shift import Shift


def page_of(found: Judgement) -> Page:
    """In words first."""
    return Page(
        f"What {'a change does' if len(found.changes) == 1 else f'{len(found.changes)} changes do'} to the answers",
        (
            Section("", (Lines(tuple(line.strip() for line in lines(found))),)),
            Section("Plots", tuple(figures_of(found))),
            Section("Figures", sheets(found)),
        ),
    )


def figures_of(found: Judgement) -> Iterator[Shift]:
    """One plot for each change."""
    for change in found.changes:
        rows = [row for row in found.rows if row.name == change.name and row.verdict != "too few"]
        told = (Difference(row.category or ALL, row.n, row.difference.value, row.difference.interval) for row in rows)
        yield Shift(change.name, tuple(told))
