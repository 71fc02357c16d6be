"""Who gets asked: before there is a router, and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import share
from eval.report.ink import COLOURS, GREY, INK, distinct
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

MARKS = (("o", GREY), ("D", COLOURS[0]), ("^", COLOURS[2]))
"""Of the ways of choosing, in their order."""
OTHERS = "others"
MOST = 12
"""Experts shown by name."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one expert: the share of questions it is asked, by each way of choosing."""

    name: str
    shares: tuple[float, ...]
    best: bool = False


@dataclass(frozen=True, slots=True)
class Asked(Plot):
    """ways: what the columns of the shares are, up to three, the first being `before`. rows: the most asked first."""

    key: ClassVar[str] = "asked"
    heading: ClassVar[str] = "Who gets asked"
    reading: ClassVar[str] = (
        "The share of the questions on which an expert is asked, before (grey) and after (coloured); the best single "
        "expert (★) alone would be asked on all."
    )

    ways: tuple[str, ...]
    rows: tuple[Shares, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 1.5 + 0.28 * len(self.rows)

    @property
    def said(self) -> str:
        first = max(self.rows, key=lambda row: row.shares[1])
        return f"By {self.ways[1]}, {first.name} is asked most, {first.shares[1]:.0%} of all questions."

    def sheet(self) -> Sheet:
        rows = [(f"★ {row.name}" if row.best else row.name, *map(share, row.shares)) for row in self.rows]
        return Sheet(("", *self.ways), rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for place, row in enumerate(self.rows):
            axes.plot(row.shares, [place] * len(row.shares), color=GREY, linewidth=2, alpha=0.5, zorder=1)
        for k, way in enumerate(self.ways):
            mark, tint = MARKS[k]
            shares = [row.shares[k] for row in self.rows]
            axes.plot(
                shares, range(len(self.rows)), mark, color=tint, markersize=6 if k else 10, label=way, clip_on=False
            )
        shown = distinct([row.name for row in self.rows])
        names = [f"★ {name}" if row.best else name for row, name in zip(self.rows, shown, strict=True)]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlabel("share of the questions", color=INK)
        axes.grid(color=GREY, alpha=0.25)
        canvas.legend(loc="outside lower center", ncols=len(self.ways), fontsize="small")
