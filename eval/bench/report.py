"""What a run of the gateways says: sheets for a person, one JSON object for a program."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.bench.contestants import UPSTREAM
from eval.bench.coterie import Records
from eval.bench.goals import Goal, Unit, goals
from eval.bench.rounds import Course, Figures, Results
from eval.bench.tables import Sheet

VERDICTS = {True: "reached", False: "not reached", None: "not measured"}


@dataclass(frozen=True, slots=True)
class Report:
    """One run: under what conditions, what came of it, and what Coterie made of its records."""

    course: Course
    load_average: float
    results: Results
    records: Records

    @property
    def conditions(self) -> str:
        """One line."""
        course = self.course
        return (
            f"{course.connections} connections, {course.seconds} s, median of {course.rounds} rounds; "
            f"{os.cpu_count()} processors, load average {self.load_average:.2f} at the start; "
            f"Python {platform.python_version()}; "
            f"{self.records.written} answers recorded, {self.records.dropped} lost"
        )


def sheets(report: Report) -> tuple[Sheet, ...]:
    """The figures, then the goals."""
    figures = report.results.figures
    return (
        Sheet(
            ("", "requests/s", "p50 ms", "p99 ms", "p50 ms at 1", "added ms", "memory MB"),
            figure_rows(figures),
        ),
        Sheet(("goal", "measured", "wanted", ""), goal_rows(goals(figures))),
    )


def figure_rows(figures: Mapping[str, Figures]) -> list[list[str]]:
    """One row a contestant."""
    upstream = figures.get(UPSTREAM)
    return [
        [
            name,
            f"{row.requests_per_s:,.0f}",
            f"{row.p50_ms:.2f}",
            f"{row.p99_ms:.2f}",
            f"{row.p50_one_ms:.3f}",
            f"{row.p50_one_ms - upstream.p50_one_ms:.3f}" if upstream else "",
            f"{row.memory_mb:.0f}",
        ]
        for name, row in figures.items()
    ]


def goal_rows(wanted: Sequence[Goal]) -> list[list[str]]:
    """One row a goal."""
    return [
        [
            goal.name,
            "" if goal.value is None else amount(goal.value, goal.unit),
            ("at least " if goal.at_least else "below ") + amount(goal.bound, goal.unit),
            VERDICTS[goal.reached],
        ]
        for goal in wanted
    ]


def amount(value: float, unit: Unit) -> str:
    """1/5.3, 63x, 0.41 ms, 187 MB."""
    if unit == "fraction":
        return f"1/{1 / value:.3g}"
    return f"{value:.3g}x" if unit == "times" else f"{value:.3g} {unit}"


def as_json(report: Report) -> dict[str, Any]:
    """Everything, each turn included."""
    judged = [{**asdict(goal), "reached": goal.reached} for goal in goals(report.results.figures)]
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        **asdict(report),
        "goals": judged,
    }
