"""How each expert fares as questions get harder: measured, by how many of the others are wrong."""

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


@dataclass(frozen=True, slots=True)
class Faring:
    """Of one expert: its accuracy in each band, None where it was not measured there, and on how many questions."""

    name: str
    accuracy: float
    accuracies: tuple[float | None, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Difficulty(Plot):
    """bands: the greatest share of the other experts that are wrong, rising. experts: the most accurate first."""

    key: ClassVar[str] = "difficulty"
    heading: ClassVar[str] = "Accuracy of experts by difficulty"
    reading: ClassVar[str] = (
        "A cell is the per cent an expert gets right of the questions on which that share of the other experts is "
        "wrong: from easy, left, to hard. A specialist keeps its colour to the right."
    )

    bands: tuple[float, ...]
    experts: tuple[Faring, ...]

    @property
    def size(self) -> tuple[float, float]:
        return 3.4 + 0.48 * max(len(self.bands), 4), 1.3 + 0.26 * len(self.experts)

    @property
    def said(self) -> str:
        first = self.experts[0]
        told = [share(value) for value in first.accuracies]
        return f"{first.name}, the most accurate, from the easiest to the hardest questions: {', '.join(told)}."

    def sheet(self) -> Sheet:
        rows = [(one.name, share(one.accuracy), *self._cells(one)) for one in self.experts]
        return Sheet(("", "all", *self._titles()), rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        shown = distinct([one.name for one in self.experts])
        names = [f"{name}  {one.accuracy:.2f}" for one, name in zip(self.experts, shown, strict=True)]
        heat(axes, [one.accuracies for one in self.experts], names, self._titles())
        axes.set_xlabel("share of the other experts that are wrong")

    def _cells(self, one: Faring) -> list[str]:
        return [f"{share(value)} (n={n:,})" for value, n in zip(one.accuracies, one.counts, strict=True)]

    def _titles(self) -> list[str]:
        """0 % alone is 0 %; the others are "up to"."""
        return [f"≤ {band:.0%}" if band else "0%" for band in self.bands]
