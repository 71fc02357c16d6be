"""What a frontier is drawn from: settings and experts as points of cost and accuracy, and the lines through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from routers.base import Array

BETWEEN = 24
"""Points on each stretch of a line that a name keeps clear of."""


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of something. cost: in the units of the axis. setting: in words, where the knobs stand."""

    cost: float
    accuracy: float
    interval: tuple[float, float] | None = None
    setting: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Settings of one thing by name. minor: it is drawn in grey, as something to be compared with."""

    name: str
    points: tuple[Point, ...]
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Single:
    """One expert alone, or another way of answering that has no knob."""

    name: str
    cost: float
    accuracy: float


def climbing(points: Sequence[Point]) -> Iterator[Point]:
    """From the cheapest on, each that is more accurate than all before."""
    best = -np.inf
    for point in sorted(points, key=lambda point: (point.cost, -point.accuracy)):
        if point.accuracy > best:
            best = point.accuracy
            yield point


def steps(points: Sequence[Point]) -> list[tuple[float, float]]:
    """The corners of a line that climbs in steps."""
    found: list[tuple[float, float]] = []
    for point in climbing(points):
        found += [(point.cost, found[-1][1])] if found else []
        found.append((point.cost, point.accuracy))
    return found


def joined(points: Sequence[Point]) -> list[tuple[float, float]]:
    return sorted((at.cost, at.accuracy) for at in points)


def along(bends: Sequence[tuple[float, float]]) -> Array:
    """(k, 2) points on the line through these bends."""
    parts = [np.linspace(one, other, BETWEEN) for one, other in zip(bends, bends[1:], strict=False)]
    found: Array = np.concatenate(parts) if parts else np.array(bends, dtype=np.float64).reshape(-1, 2)
    return found
