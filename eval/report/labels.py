"""Names beside points, none upon another. Knows axes and texts only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.report.ink import GREY, INK
from routers.base import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DISTANCES = (7.0, 16.0, 28.0, 42.0)
"""In points, from near to far; a far label has a line to its point."""
DIRECTIONS = 16
HALF_POINT = 5.0
CROWDED = 10.0
"""What a point under a label costs, in places of the order of trying."""
SIZE = 8.5


@dataclass(frozen=True, slots=True)
class Label:
    """A text for the point (x, y), in the axes' own units."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Box:
    """In points."""

    left: float
    low: float
    right: float
    high: float

    def over(self, other: _Box) -> bool:
        apart = self.right < other.left or other.right < self.left or self.high < other.low or other.high < self.low
        return not apart

    def holds(self, points: Array) -> int:
        """How many of the points (k, 2)."""
        inside = (points[:, 0] > self.left) & (points[:, 0] < self.right)
        return int((inside & (points[:, 1] > self.low) & (points[:, 1] < self.high)).sum())


@dataclass(frozen=True, slots=True)
class _Place:
    """Of a text: its middle's offset from the point. far: a line must say whose it is."""

    dx: float
    dy: float
    box: _Box
    far: bool


def label_points(axes: Axes, labels: Sequence[Label], crowd: Array) -> list[Label]:
    """Write what has room, the first first; what had none is given back. crowd: (k, 2) other points, to be kept clear.

    The axes must be as they will stay: everything else is drawn, and their limits are set.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None, "The axes belong to no figure. This is a bug."
    figure.draw_without_rendering()
    to_points = 72 / figure.dpi
    window = axes.get_window_extent()
    frame = _Box(*(edge * to_points for edge in (window.x0, window.y0, window.x1, window.y1)))
    own = _pixels(axes, np.array([(one.x, one.y) for one in labels])) * to_points
    others = _pixels(axes, crowd) * to_points
    taken = [_around(x, y) for x, y in own]
    unplaced = []
    for label, (x, y) in zip(labels, own, strict=True):
        text = axes.text(0, 0, label.text, fontsize=SIZE)
        extent = text.get_window_extent()
        text.remove()
        place = _best(x, y, extent.width * to_points, extent.height * to_points, frame, taken, others)
        if place is None:
            unplaced.append(label)
            continue
        taken.append(place.box)
        _write(axes, label, place)
    return unplaced


def _pixels(axes: Axes, points: Array) -> Array:
    if not len(points):
        return np.zeros((0, 2))
    found: Array = np.asarray(axes.transData.transform(points))
    return found


def _around(x: float, y: float) -> _Box:
    return _Box(x - HALF_POINT, y - HALF_POINT, x + HALF_POINT, y + HALF_POINT)


def _best(
    x: float, y: float, width: float, height: float, frame: _Box, taken: Sequence[_Box], others: Array
) -> _Place | None:
    """Of the free places the nearest and least crowded."""
    found: _Place | None = None
    least = np.inf
    for order, (distance, dx, dy) in enumerate(_offsets(width, height)):
        box = _Box(x + dx - width / 2, y + dy - height / 2, x + dx + width / 2, y + dy + height / 2)
        inside = box.left >= frame.left and box.right <= frame.right and box.low >= frame.low and box.high <= frame.high
        if not inside or any(box.over(other) for other in taken):
            continue
        cost = order + CROWDED * box.holds(others)
        if cost < least:
            least, found = cost, _Place(dx, dy, box, distance > DISTANCES[0])
    return found


def _offsets(width: float, height: float) -> Iterator[tuple[float, float, float]]:
    """Distance, and where a text's middle is from its point: to the right first, then round, then farther away."""
    turns = sorted(np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS, key=lambda turn: -np.cos(turn))
    for distance in DISTANCES:
        for turn in turns:
            across, up = float(np.cos(turn)), float(np.sin(turn))
            yield distance, across * (distance + width / 2), up * (distance + height / 2)


def _write(axes: Axes, label: Label, place: _Place) -> None:
    style: dict[str, Any] = {"fontsize": SIZE, "ha": "center", "va": "center", "color": INK}
    line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkB": 3} if place.far else None
    point, offset = (label.x, label.y), (place.dx, place.dy)
    text = axes.annotate(label.text, point, offset, textcoords="offset points", arrowprops=line, **style)
    text.set_in_layout(False)
