"""A judgement of changes as a page: what it says, how categories moved, every figure. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from eval.changes.judgement import Judgement
from eval.changes.report import ALL, lines, sheets
from eval.changes.rows import Row
from eval.report.parts import Figure, Lines, Page, Section
from eval.report.plots.intervals import Difference
from eval.report.plots.shift import Shift


def figures_of(found: Judgement) -> tuple[Figure, ...]:
    """The one there is."""
    return (shift_of(found),)


def page_of(found: Judgement, figures: Sequence[Figure]) -> Page:
    """In words first."""
    return Page(
        f"What {'a change does' if len(found.changes) == 1 else f'{len(found.changes)} changes do'} to the answers",
        (
            Section("", (Lines(tuple(line.strip() for line in lines(found))),)),
            Section("Plots", figures),
            Section("Figures", sheets(found)),
        ),
    )


def shift_of(found: Judgement) -> Shift:
    """By category where there is one change; of several each one's, over all questions."""
    rows = [row for row in found.rows if row.verdict != "too few"]
    if len(found.changes) > 1:
        whole = [row for row in rows if not row.category]
        return Shift("each change", tuple(map(_difference, whole, (row.name for row in whole))))
    return Shift(found.changes[0].name, tuple(map(_difference, rows, (row.category or ALL for row in rows))))


def _difference(row: Row, name: str) -> Difference:
    return Difference(name, row.n, row.difference.value, row.difference.interval)
