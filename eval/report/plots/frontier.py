"""Accuracy against cost: what settings reach, what single experts do, and what mixing experts by lot would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from eval.bench.tables import Sheet
from eval.report.drawing import TIP
from eval.report.figures import between, figure, whiskers
from eval.report.ink import DASHES, GREY, INK, LONGEST, colour, dash, distinct, short
from eval.report.labels import Label, label_points
from eval.report.parts import Plot
from eval.report.plots.points import Point, Series, Single, along, climbing, joined, steps
from routers.base import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MIXTURES = 300
"""Points on the line between the corners of a hull: straight in dollars, so bent where these are logarithmic."""
DECADE = 10
"""Costs that lie farther apart than this stand on a logarithmic axis; nearer ones keep mixtures straight."""
TOGETHER = 2
"""Names in one label."""
MANY, CROWDED = 20, 18
"""More single experts than this have names of so many letters."""
LABELLED = 40
"""Stars that are given a name where there is room; the others are in the sheet."""
HEAD = ("", "setting", "cost", "accuracy", "95 %")


@dataclass(frozen=True, slots=True)
class Frontier(Plot):
    """hull: the corners of what mixtures of all settings reach; zero: of what mixtures of single experts do."""

    key: ClassVar[str] = "frontier"
    heading: ClassVar[str] = "Accuracy against cost"
    reading: ClassVar[str] = (
        "Up and to the left is better; a router pays where its line lies above that of the zero router, which mixes "
        "single experts by lot. A dot is a setting, a line what is reached for at most that cost, a ring the default "
        "with its 95 % interval, a star a single expert."
    )

    axis: str
    series: tuple[Series, ...]
    singles: tuple[Single, ...]
    hull: tuple[tuple[float, float], ...]
    zero: tuple[tuple[float, float], ...]

    @property
    def size(self) -> tuple[float, float]:
        return 8.0, 5.6 + 0.02 * len(self.singles)

    @property
    def said(self) -> str:
        told = [
            f"{one.name} {at.accuracy:.3f} at {at.cost:.3g}" for one in self._major() for at in one.points if at.default
        ]
        best = max(self.singles, key=lambda one: one.accuracy, default=None)
        single = (
            [] if best is None else [f"the most accurate star, {best.name}, {best.accuracy:.3f} at {best.cost:.3g}"]
        )
        return f"Accuracy against {self.axis}. By default: {', '.join([*told, *single])}."

    def sheet(self) -> Sheet:
        rows = [
            (one.name, at.setting, figure(at.cost, ".4g"), figure(at.accuracy), between(at.interval))
            for one in self.series
            for at in one.points
        ]
        rows += [(one.name, "", figure(one.cost, ".4g"), figure(one.accuracy), between(None)) for one in self.singles]
        return Sheet(HEAD, rows)

    def draw(self, canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for place, one in enumerate(self._major()):
            _swept(axes, one, color=colour(place), linestyle=dash(place))
        minor = [one for one in self.series if one.minor]
        for place, one in enumerate(minor):
            style = DASHES[place % len(DASHES)]
            _line(axes, one.points, color=GREY, linestyle=style, linewidth=1, marker=".", markersize=4, label=one.name)
        _mixed(axes, self.zero, color=INK, linestyle="--", linewidth=1.1, label="zero router")
        _mixed(axes, self.hull, color=INK, linestyle=":", linewidth=1.4, label="convex hull")
        for single in self.singles:
            [star] = axes.plot(single.cost, single.accuracy, color=INK, marker="*", markersize=9, linestyle="none")
            star.set_gid(f"{TIP}{short(single.name, longest=80)}: {single.accuracy:.3f} at {single.cost:.3g}")
        self._scale(axes)
        handles, titles = axes.get_legend_handles_labels()
        canvas.legend(handles, titles, loc="outside lower center", ncols=4, fontsize="small")
        self._label(axes)

    def _defaults(self) -> list[Point]:
        return [at for one in self._major() for at in one.points if at.default]

    def _major(self) -> list[Series]:
        return [one for one in self.series if not one.minor]

    def _scale(self, axes: Axes) -> None:
        from matplotlib.ticker import LogLocator, NullLocator

        axes.set_xlabel(self.axis)
        axes.set_ylabel("accuracy")
        axes.grid(color=GREY, alpha=0.25)
        costs = [at.cost for one in self.series for at in one.points] + [one.cost for one in self.singles]
        if min(costs) > 0 and max(costs) > DECADE * min(costs):
            axes.set_xscale("log")
            wide = max(costs) > 300 * min(costs)
            axes.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(0.06, 0.08)

    def _label(self, axes: Axes) -> None:
        """The most accurate are named first; one name for several at the same place."""
        named: dict[tuple[float, float], list[str]] = {}
        ranked = sorted(self.singles, key=lambda one: -one.accuracy)
        for one, name in zip(
            ranked, distinct([one.name for one in ranked], CROWDED if len(ranked) > MANY else LONGEST), strict=True
        ):
            named.setdefault((one.cost, one.accuracy), []).append(name)
        labels = [Label(_together(names), *at) for at, names in named.items()]
        left = label_points(axes, labels[:LABELLED], self._crowd()) + labels[LABELLED:]
        if left:
            note = f"{len(left)} {'star has' if len(left) == 1 else 'stars have'} no room for a name: see the numbers"
            axes.set_title(note, loc="left", color=GREY, fontsize=8)

    def _crowd(self) -> Array:
        """Points along every line, which names keep clear of."""
        lines = [steps(one.points) if not one.minor else joined(one.points) for one in self.series]
        bends = [[(at.cost, at.accuracy) for at in one.points] for one in self.series]
        whiskers = [[(at.cost, end) for end in at.interval or ()] for at in self._defaults()]
        return np.concatenate([along(line) for line in (*lines, *bends, *whiskers, self.zero, self.hull)])


def _together(names: Sequence[str]) -> str:
    """Of stars at one place."""
    return ", ".join(names) if len(names) <= TOGETHER else f"{names[0]} and {len(names) - 1} more"


def _swept(axes: Axes, one: Series, **style: Any) -> None:
    tint = style["color"]
    axes.plot([at.cost for at in one.points], [at.accuracy for at in one.points], ".", color=tint, alpha=0.35)
    _line(axes, tuple(climbing(one.points)), linewidth=1.6, label=one.name, drawstyle="steps-post", **style)
    ring: dict[str, Any] = {"color": tint, "marker": "o", "markersize": 7, "markerfacecolor": "none", "capsize": 3}
    for at in one.points:
        if at.default:
            low, high = whiskers(at.accuracy, at.interval)
            drawn = axes.errorbar(at.cost, at.accuracy, yerr=[[low], [high]], **ring)
            drawn.lines[0].set_gid(f"{TIP}{one.name}, {at.setting}: {at.accuracy:.3f} at {at.cost:.3g}")


def _mixed(axes: Axes, bends: Sequence[tuple[float, float]], **style: Any) -> None:
    if len(bends) < 2:
        return
    costs, accuracies = np.array(bends).T
    along = np.linspace(costs[0], costs[-1], MIXTURES)
    axes.plot(along, np.interp(along, costs, accuracies), **style)


def _line(axes: Axes, points: Sequence[Point], **style: Any) -> None:
    ordered = sorted(points, key=lambda point: point.cost)
    axes.plot([at.cost for at in ordered], [at.accuracy for at in ordered], **style)
