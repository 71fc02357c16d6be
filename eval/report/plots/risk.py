"""What answering only where one is sure enough is worth: the share wrong against the share answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import share
from eval.report.ink import GREY, colour, dash
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

TOLD = (0.25, 0.5, 0.75, 1.0)
"""Shares answered that the sheet and the words name."""


@dataclass(frozen=True, slots=True)
class Curve:
    """answered, wrong: the least sure are added from left to right. aurc: the area under all of it."""

    name: str
    aurc: float
    answered: tuple[float, ...]
    wrong: tuple[float, ...]

    def at(self, answered: float) -> float | None:
        """The share wrong where this share is answered; None where that is not reached."""
        reached = (wrong for part, wrong in zip(self.answered, self.wrong, strict=True) if part >= answered - 1e-9)
        return next(reached, None)


@dataclass(frozen=True, slots=True)
class Risk(Plot):
    key: ClassVar[str] = "risk"
    heading: ClassVar[str] = "Risk against coverage"
    reading: ClassVar[str] = (
        "Where only the surest share of the questions is answered, the height is the share of those that is wrong; "
        "the lower and the steeper towards the right, the better a router knows what it knows."
    )

    curves: tuple[Curve, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 4.6

    @property
    def said(self) -> str:
        told = [f"{one.name} {share(one.at(0.5))} wrong of the surest half, {share(one.at(1.0))} of all"
                for one in self.curves]  # fmt: skip
        return f"{'; '.join(told)}."

    def sheet(self) -> Sheet:
        rows = [(one.name, f"{one.aurc:.3f}", *(share(one.at(part)) for part in TOLD)) for one in self.curves]
        return Sheet(("", "AURC", *(f"wrong of the surest {part:.0%}" for part in TOLD)), rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for place, one in enumerate(self.curves):
            [line] = axes.plot(one.answered, one.wrong, color=colour(place), linewidth=1.6, label=one.name)
            line.set_linestyle(dash(place))
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlabel("share answered")
        axes.set_ylabel("wrong of those")
        axes.grid(color=GREY, alpha=0.25)
        canvas.legend(loc="outside lower center", ncols=5, fontsize="small")
