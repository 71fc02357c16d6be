"""What looking into documents brings, against how often one looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import between, figure, share, whiskers
from eval.report.ink import GREY, INK, colour
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Look:
    """One rule. looked_up: the share of questions it looks up. budget: None where it has none."""

    name: str
    budget: float | None
    looked_up: float
    accuracy: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Lookups(Plot):
    """gates: at each budget. never, always, oracle: those that need no gate."""

    key: ClassVar[str] = "lookups"
    heading: ClassVar[str] = "Accuracy against look-ups"
    reading: ClassVar[str] = (
        "A gate pays where it stands above the dotted line, which looks up as many questions by lot. Whiskers are 95 % "
        "intervals; the star looks up what helped, and nothing else."
    )

    gates: tuple[Look, ...]
    never: Look
    always: Look
    oracle: Look

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 4.8

    @property
    def said(self) -> str:
        told = [f"{one.name} {one.accuracy:.3f} at {one.looked_up:.0%} looked up" for one in self._all()]
        return f"{'; '.join(told)}."

    def sheet(self) -> Sheet:
        rows = [
            (one.name, share(one.budget), share(one.looked_up), figure(one.accuracy), between(one.interval))
            for one in self._all()
        ]
        return Sheet(("", "budget", "looked up", "accuracy", "95 %"), rows)

    def _all(self) -> tuple[Look, ...]:
        return (*self.gates, self.never, self.always, self.oracle)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for place, name in enumerate(dict.fromkeys(one.name for one in self.gates)):
            found = sorted((one for one in self.gates if one.name == name), key=lambda one: one.looked_up)
            errors = list(zip(*(whiskers(one.accuracy, one.interval) for one in found), strict=True))
            across = [one.looked_up + 0.004 * place for one in found]
            accuracies = [one.accuracy for one in found]
            axes.errorbar(across, accuracies, yerr=errors, marker="o", capsize=3, color=colour(place), label=name)
        ends_of_lot = [self.never.looked_up, self.always.looked_up], [self.never.accuracy, self.always.accuracy]
        axes.plot(*ends_of_lot, color=INK, linestyle=":", marker="s", markersize=4, label="never … by lot … always")
        axes.plot(self.oracle.looked_up, self.oracle.accuracy, "*", color=INK, markersize=12, label="oracle")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlabel("questions looked up")
        axes.set_ylabel("accuracy")
        axes.grid(color=GREY, alpha=0.25)
        canvas.legend(loc="outside lower center", ncols=4, fontsize="small")
