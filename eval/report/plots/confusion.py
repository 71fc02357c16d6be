"""What category a question is taken for, by what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import share
from eval.report.heat import heat
from eval.report.ink import distinct
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


LEAST = 0.005
"""A share that is written in its cell: the eye looks for what is confused."""


@dataclass(frozen=True, slots=True)
class Confusion(Plot):
    """shares: a row for each of `truth`, a column for each of `predicted`; rows sum to 1. counts: of the rows."""

    key: ClassVar[str] = "confusion"
    heading: ClassVar[str] = "Confusion of categories"
    reading: ClassVar[str] = (
        "A row is what questions are, a column what they are taken for, a cell the per cent of its row; the fuller "
        "the diagonal, the better."
    )

    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    counts: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]

    @property
    def size(self) -> tuple[float, float]:
        return max(4.0, 2.2 + 0.42 * len(self.predicted)), 2.0 + 0.34 * len(self.truth)

    @property
    def said(self) -> str:
        told = []
        for name, row in zip(self.truth, self.shares, strict=True):
            likeliest = max(range(len(row)), key=row.__getitem__)
            told.append(f"{name} for {self.predicted[likeliest]} ({row[likeliest]:.0%})")
        return f"Most often taken: {', '.join(told)}."

    def sheet(self) -> Sheet:
        rows = [
            (name, f"{n:,}", *map(share, row))
            for name, n, row in zip(self.truth, self.counts, self.shares, strict=True)
        ]
        return Sheet(("true", "n", *self.predicted), rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        names = [f"{name}  n={n:,}" for name, n in zip(distinct(self.truth), self.counts, strict=True)]
        heat(axes, self.shares, names, distinct(self.predicted), LEAST)
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
        axes.set_xlabel("taken for")
        axes.set_ylabel("is")
