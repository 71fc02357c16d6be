"""A matrix of shares as cells with their numbers, legible on light and on dark. Knows no experts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval.report.ink import BLUE, INK, SHADE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 8.0
GAP = 0.04
"""Between cells, so that empty ones are seen to be cells."""
Cells = Sequence[Sequence[float | None]]


def heat(axes: Axes, cells: Cells, rows: Sequence[str], columns: Sequence[str], least: float = 0.0) -> None:
    """Each share in [0, 1] as a cell, the fuller the higher, and its per cent from `least` on; None leaves it out."""
    from matplotlib.patches import Rectangle

    for y, line in enumerate(cells):
        for x, value in enumerate(line):
            if value is None:
                continue
            corner, side = (x - 0.5 + GAP, y - 0.5 + GAP), 1 - 2 * GAP
            axes.add_patch(Rectangle(corner, side, side, facecolor=BLUE, alpha=SHADE * value, linewidth=0))
            if value >= least:
                axes.text(x, y, f"{100 * value:.0f}", fontsize=SIZE, ha="center", va="center", color=INK)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
