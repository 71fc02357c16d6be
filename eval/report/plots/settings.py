"""What the thrift knob buys: accuracy and cost at each setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import between, figure
from eval.report.ink import BLUE, COLOURS, GREY, INK
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class At:
    """One setting. cost: dollars per thousand questions."""

    thrift: float
    accuracy: float
    interval: tuple[float, float] | None
    cost: float


@dataclass(frozen=True, slots=True)
class Settings(Plot):
    """router: whose. default: where the knob stands unless somebody turns it. single: the best single's accuracy."""

    key: ClassVar[str] = "settings"
    heading: ClassVar[str] = "What the thrift knob buys"
    reading: ClassVar[str] = (
        "From left, where quality alone counts, to right, where price does: choose the setting after which accuracy "
        "falls faster than cost. The band is the 95 % interval, the thin line the default."
    )

    router: str
    default: float
    single: float
    settings: tuple[At, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 4.8

    @property
    def said(self) -> str:
        first, last = self.settings[0], self.settings[-1]
        return (
            f"{self.router}: accuracy {first.accuracy:.3f} at {first.cost:.3g} dollars per thousand questions where "
            f"quality alone counts, {last.accuracy:.3f} at {last.cost:.3g} where price does."
        )

    def sheet(self) -> Sheet:
        rows = [
            (f"{at.thrift:g}", figure(at.accuracy), between(at.interval), figure(at.cost, ".4g"))
            for at in self.settings
        ]
        return Sheet(("thrift", "accuracy", "95 %", "$ per 1k"), rows)

    def draw(self, canvas: Canvas) -> None:
        above, below = canvas.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        thrifts = [at.thrift for at in self.settings]
        known = [at for at in self.settings if at.interval is not None]
        bounds = zip(*(at.interval or () for at in known), strict=True)
        above.fill_between([at.thrift for at in known], *bounds, color=BLUE, alpha=0.2, linewidth=0)
        above.plot(thrifts, [at.accuracy for at in self.settings], ".-", color=BLUE, label=self.router)
        above.axhline(self.single, color=INK, linestyle=":", linewidth=1.2, label="best single")
        above.set_ylabel("accuracy")
        below.plot(thrifts, [at.cost for at in self.settings], ".-", color=COLOURS[2])
        below.set_ylabel("$ per 1k questions")
        below.set_ylim(bottom=0)
        below.set_xlabel("thrift")
        for axes in (above, below):
            axes.axvline(self.default, color=GREY, linewidth=0.8)
            axes.grid(color=GREY, alpha=0.25)
        above.legend(loc="lower left", fontsize="small")
