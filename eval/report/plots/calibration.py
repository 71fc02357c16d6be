"""Whether predicted chances come true: reliability diagrams, a panel for each router."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import between, figure, whiskers
from eval.report.ink import BLUE, GREY, INK
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

ACROSS = 3
"""Panels in a row."""
TALLEST = 0.25
"""How high the fullest bin's bar stands, of the panel's height."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions above `low` and up to `high`: how many, their mean, and the mean score."""

    low: float
    high: float
    n: int
    predicted: float
    score: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one router; ece: over these bins."""

    name: str
    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Calibration(Plot):
    """Only bins that hold predictions."""

    key: ClassVar[str] = "calibration"
    heading: ClassVar[str] = "Calibration"
    reading: ClassVar[str] = (
        "Dots on the diagonal: what is predicted comes true; below it the router promises too much. Whiskers are 95 % "
        "intervals; the bars below say how many predictions a dot stands for."
    )

    routers: tuple[Reliability, ...]

    @property
    def size(self) -> tuple[float, float]:
        across = self._across()
        return 0.4 + 2.7 * max(across, 1.4), 0.3 + 3.0 * math.ceil(len(self.routers) / across)

    @property
    def said(self) -> str:
        return f"Expected calibration error: {', '.join(f'{one.name} {one.ece:.3f}' for one in self.routers)}."

    def sheet(self) -> Sheet:
        rows = [
            (one.name, f"({at.low:.1f}, {at.high:.1f}]", f"{at.n:,}", figure(at.predicted), figure(at.score),
             between(at.interval))
            for one in self.routers
            for at in one.bins
        ]  # fmt: skip
        return Sheet(("", "predicted", "n", "mean predicted", "mean score", "95 %"), rows)

    def _across(self) -> int:
        """Four panels stand two by two."""
        return min(ACROSS, len(self.routers)) if len(self.routers) != 4 else 2

    def draw(self, canvas: Canvas) -> None:
        across = self._across()
        panels = canvas.subplots(
            math.ceil(len(self.routers) / across), across, sharex=True, sharey=True, squeeze=False
        ).ravel()
        for panel in panels[len(self.routers) :]:
            panel.remove()
        for place, (panel, one) in enumerate(zip(panels, self.routers, strict=False)):
            _panel(panel, one)
            if place + across >= len(self.routers):
                panel.tick_params(labelbottom=True)
        canvas.supxlabel("predicted chance", fontsize="medium", color=INK)
        canvas.supylabel("mean score", fontsize="medium", color=INK)


def _panel(axes: Axes, one: Reliability) -> None:
    most = max((at.n for at in one.bins), default=1)
    for at in one.bins:
        height = TALLEST * at.n / most
        axes.bar(at.low, height, width=at.high - at.low, align="edge", color=GREY, alpha=0.35, linewidth=0)
    axes.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1)
    dot: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 4, "linestyle": "-", "linewidth": 0.8}
    errors = list(zip(*(whiskers(at.score, at.interval) for at in one.bins), strict=True))
    axes.errorbar([at.predicted for at in one.bins], [at.score for at in one.bins], yerr=errors, capsize=2, **dot)
    axes.set_title(f"{one.name}\nECE {one.ece:.3f}, tallest bar {most:,}", loc="left", fontsize=9)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
