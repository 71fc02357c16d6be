"""How many questions it takes to tell a router from the best single expert. Draws nothing anew.

A difference d is seen with 80 % power at the 5 % level where its standard error is at most d / (1.96 + 0.84); errors
shrink with the root of the number of questions (Miller, arXiv 2411.00640, section 5). Groups of duplicates are in the
errors already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from eval.routing.rows import Row
from eval.routing.yardsticks import SINGLE

LEVEL_Z, POWER_Z = 1.96, 0.8416
JUDGED = ("router", "baseline")
WANTED = 0.03
"""The difference in accuracy that one should like to see."""


@dataclass(frozen=True, slots=True)
class Power:
    """visible: the smallest difference that n questions show four times in five. needed: questions for `wanted`."""

    n: int
    visible: float
    wanted: float
    needed: int


def power_of(rows: Sequence[Row]) -> Power | None:
    """Of the median router or baseline beside the best single expert; None where none of them differs from it."""
    judged = [row for row in rows if row.thrift is None and row.kind in JUDGED and not row.name.startswith(SINGLE)]
    differing = [row for row in judged if row.versus.verdict != "same"]
    known = [error for row in differing if (error := _error(row))]
    if not known:
        return None
    n = max(row.n for row in differing)
    visible = (LEVEL_Z + POWER_Z) * median(known)
    return Power(n, visible, WANTED, ceil(n * (visible / WANTED) ** 2))


def _error(row: Row) -> float:
    """The standard error of the difference, as its interval tells; 0 where there is none."""
    found = row.versus.difference_interval
    return 0.0 if found is None else (found[1] - found[0]) / (2 * LEVEL_Z)
