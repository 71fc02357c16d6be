"""An evaluation of onboarding as a page: what it says, the errors, every figure. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from eval.onboarding.report import lines, sheets
from eval.onboarding.run import Evaluation
from eval.report.parts import Figure, Lines, Page, Section
from eval.report.plots.placing import Course, Placing


def figures_of(found: Evaluation) -> tuple[Figure, ...]:
    """The one there is."""
    return (placing_of(found),)


def page_of(found: Evaluation, figures: Sequence[Figure]) -> Page:
    """In words first."""
    return Page(
        f"Onboarding on trial: {len(found.pools)} experts, each left out in turn",
        (
            Section("", (Lines(tuple(lines(found))),)),
            Section("Plots", figures),
            Section("Figures", sheets(found)),
        ),
    )


def placing_of(found: Evaluation) -> Placing:
    """A line for each way of choosing questions."""
    courses = []
    for way in dict.fromkeys(row.way for row in found.rows):
        rows = [row for row in found.rows if row.way == way]
        asked = tuple(row.asked for row in rows)
        errors = tuple(row.error.value for row in rows)
        courses.append(Course(way, asked, errors, tuple(row.error.interval for row in rows)))
    return Placing(tuple(courses))
