"""Experts and questions on one scale: abilities and difficulties of item response theory, in log odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.bench.tables import Sheet
from eval.report.figures import between, figure
from eval.report.ink import BLUE, GREY, distinct
from eval.report.parts import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Ability:
    """Of one expert over these questions, relative to the average expert. accuracy: measured on them."""

    name: str
    ability: float
    interval: tuple[float, float]
    accuracy: float


@dataclass(frozen=True, slots=True)
class Abilities(Plot):
    """edges (k + 1) and counts (k): the questions by difficulty. experts: the ablest first. router: whose these are."""

    key: ClassVar[str] = "abilities"
    heading: ClassVar[str] = "Abilities of experts against difficulty of questions"
    reading: ClassVar[str] = (
        "One scale for both, in log odds: where an expert's dot stands right of a question's difficulty, it is more "
        "likely right than wrong; one unit multiplies the odds by 2.7. Whiskers hold 95 % of what is believed."
    )

    router: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    experts: tuple[Ability, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 2.6 + 0.22 * len(self.experts)

    @property
    def said(self) -> str:
        first, last = self.experts[0], self.experts[-1]
        return (
            f"By {self.router}, difficulties of {sum(self.counts):,} questions reach from {self.edges[0]:.1f} to "
            f"{self.edges[-1]:.1f}; abilities from {last.ability:+z.2f} ({last.name}) to {first.ability:+z.2f} "
            f"({first.name})."
        )

    def sheet(self) -> Sheet:
        rows = [
            (one.name, figure(one.ability, "+z.2f"), between(one.interval, "+z.2f"), figure(one.accuracy))
            for one in self.experts
        ]
        return Sheet(("", "ability", "95 %", "accuracy measured"), rows)

    def draw(self, canvas: Canvas) -> None:
        heights = [1.2, 0.22 * len(self.experts) + 0.2]
        above, below = canvas.subplots(2, 1, sharex=True, height_ratios=heights)
        above.stairs(self.counts, self.edges, fill=True, color=GREY, alpha=0.5)
        above.set_ylabel("questions")
        abilities = [one.ability for one in self.experts]
        low = [one.ability - one.interval[0] for one in self.experts]
        high = [one.interval[1] - one.ability for one in self.experts]
        places = range(len(self.experts))
        below.errorbar(abilities, places, xerr=[low, high], fmt="o", color=BLUE, markersize=4, capsize=2)
        below.set_yticks(places, distinct([one.name for one in self.experts]))
        below.set_ylim(len(self.experts) - 0.4, -0.6)
        below.set_xlabel("difficulty of a question, ability of an expert (log odds)")
        for axes in (above, below):
            axes.grid(axis="x", color=GREY, alpha=0.25)
