"""Differences with their 95 % intervals, one below the other: which of them are more than noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import between, figure, whiskers
from eval.report.ink import COLOURS, GREY, INK, distinct, short
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

TITLE = 84
"""Letters above the plot."""
BETTER, WORSE, NOISE = COLOURS[1], COLOURS[2], GREY


@dataclass(frozen=True, slots=True)
class Difference:
    """Of n questions; interval None where there was nothing to resample."""

    name: str
    n: int
    value: float
    interval: tuple[float, float] | None

    @property
    def sure(self) -> bool:
        """The interval leaves out 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True, slots=True)
class Intervals(Plot):
    """of: whose differences these are, and from what. rows: in the order they are shown."""

    of: str
    rows: tuple[Difference, ...]

    across: ClassVar[str] = "difference"

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 1.3 + 0.27 * len(self.rows)

    @property
    def said(self) -> str:
        told = [f"{one.name} {one.value:+z.3f}" for one in self.rows if one.sure]
        noise = len(self.rows) - len(told)
        sure = f"more than noise: {', '.join(told)}; " if told else ""
        return f"{self.of}: {sure}{noise} of {len(self.rows)} within noise."

    def sheet(self) -> Sheet:
        rows = [
            (one.name, f"{one.n:,}", figure(one.value, "+z.3f"), between(one.interval, "+z.3f")) for one in self.rows
        ]
        return Sheet((self.of, "n", self.across, "95 %"), rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for place, one in enumerate(self.rows):
            tint = (BETTER if one.value > 0 else WORSE) if one.sure else NOISE
            low, high = whiskers(one.value, one.interval)
            axes.errorbar(one.value, place, xerr=[[low], [high]], color=tint, marker="o", markersize=5, capsize=3)
        axes.axvline(0, color=INK, linewidth=0.8)
        shown = zip(self.rows, distinct([one.name for one in self.rows]), strict=True)
        axes.set_yticks(range(len(self.rows)), [f"{name}  n={one.n:,}" for one, name in shown])
        axes.set_ylim(len(self.rows) - 0.4, -0.6)
        axes.set_xlabel(self.across)
        axes.grid(axis="x", color=GREY, alpha=0.25)
        axes.set_title(short(self.of, TITLE), loc="left")
