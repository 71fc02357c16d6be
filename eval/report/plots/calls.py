"""How many experts each strategy asks as questions get harder, and what comes of it."""

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
class Band:
    """The questions on which up to `wrong` of the experts are wrong, and more than in the band before."""

    wrong: float
    n: int


@dataclass(frozen=True, slots=True)
class Effort:
    """Of one strategy, band by band: the mean number of calls with its 95 % interval, and accuracy."""

    name: str
    calls: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calls(Plot):
    key: ClassVar[str] = "calls"
    heading: ClassVar[str] = "Calls per question by difficulty"
    reading: ClassVar[str] = (
        "From questions that every expert gets right, left, to those that none does. A line that rises asks more "
        "where it is hard, which pays only where accuracy, below, stands above that of single. Whiskers: 95 %."
    )

    bands: tuple[Band, ...]
    strategies: tuple[Effort, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 5.6

    @property
    def said(self) -> str:
        told = [f"{one.name} from {one.calls[0]:.2f} to {one.calls[-1]:.2f}" for one in self.strategies]
        return f"Calls per question from the easiest to the hardest questions: {'; '.join(told)}."

    def sheet(self) -> Sheet:
        rows = [
            (one.name, f"≤ {band.wrong:.0%}", f"{band.n:,}", figure(calls, ".2f"), between(interval, ".2f"),
             figure(accuracy))
            for one in self.strategies
            for band, calls, interval, accuracy in zip(
                self.bands, one.calls, one.intervals, one.accuracies, strict=True
            )
        ]  # fmt: skip
        return Sheet(("", "experts wrong", "n", "calls", "95 %", "accuracy"), rows)

    def draw(self, canvas: Canvas) -> None:
        above, below = canvas.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        for place, one in enumerate(self.strategies):
            across = [k + 0.06 * (place - (len(self.strategies) - 1) / 2) for k in range(len(self.bands))]
            errors = list(zip(*map(whiskers, one.calls, one.intervals), strict=True))
            style = {"color": colour(place), "linestyle": dash(place), "linewidth": 1.4}
            above.errorbar(across, one.calls, yerr=errors, marker=".", capsize=2, label=one.name, **style)
            below.plot(range(len(self.bands)), one.accuracies, marker=".", **style)
        above.set_ylabel("calls per question")
        above.set_ylim(bottom=0)
        below.set_ylabel("accuracy")
        below.set_ylim(-0.03, 1.03)
        below.set_xticks(range(len(self.bands)), [f"≤ {band.wrong:.0%}\nn={band.n:,}" for band in self.bands])
        below.set_xlabel("share of the experts that are wrong")
        for axes in (above, below):
            axes.grid(color=GREY, alpha=0.25)
        handles, titles = above.get_legend_handles_labels()
        canvas.legend(handles, titles, loc="outside lower center", ncols=6, fontsize="small")
