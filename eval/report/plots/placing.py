"""How well a newcomer is placed after so many questions, by each way of choosing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import between, figure, whiskers
from eval.report.ink import GREY, colour, dash
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Course:
    """One way: after so many questions the mean error, with its 95 % interval over experts."""

    way: str
    asked: tuple[int, ...]
    errors: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True, slots=True)
class Placing(Plot):
    key: ClassVar[str] = "placing"
    heading: ClassVar[str] = "How far the claimed accuracy of a newcomer is off"
    reading: ClassVar[str] = (
        "Lower is better: the line of chosen questions against as many drawn at random, with and without the model of "
        "abilities. Whiskers: 95 % over the experts that were left out in turn."
    )

    courses: tuple[Course, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 4.0

    @property
    def said(self) -> str:
        told = [f"{one.way} from {one.errors[0]:.3f} to {one.errors[-1]:.3f}" for one in self.courses]
        return f"Error of the accuracy from the fewest questions to the most: {'; '.join(told)}."

    def sheet(self) -> Sheet:
        rows = [
            (one.way, str(asked), figure(error), between(interval))
            for one in self.courses
            for asked, error, interval in zip(one.asked, one.errors, one.intervals, strict=True)
        ]
        return Sheet(("", "questions", "error", "95 %"), rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for place, one in enumerate(self.courses):
            ends = list(zip(*map(whiskers, one.errors, one.intervals), strict=True))
            shifted = [asked + 0.6 * (place - 1) for asked in one.asked]
            axes.errorbar(
                shifted,
                one.errors,
                yerr=ends,
                color=colour(place),
                linestyle=dash(place),
                marker="o",
                markersize=4,
                capsize=3,
                label=one.way,
            )
        axes.set_ylim(bottom=0)
        axes.set_xlabel("questions asked")
        axes.set_ylabel("error of the accuracy")
        axes.grid(axis="y", color=GREY, alpha=0.25)
        axes.legend(frameon=False)
