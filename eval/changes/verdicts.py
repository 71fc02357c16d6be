"""What a change has come to, in one word. Knows no question."""

from __future__ import annotations

from typing import Literal, Protocol

from eval.metrics.bootstrap import Interval

Verdict = Literal["same", "better", "safe", "worse", "noise", "too few"]
LEVEL = 0.05


class Difference(Protocol):
    """Of accuracy, after less before."""

    @property
    def value(self) -> float: ...

    @property
    def interval(self) -> Interval | None: ...


def overall(difference: Difference, p: float, flipped: bool, margin: float) -> Verdict:
    """same: nothing flipped. safe: a loss of the margin or more is ruled out (non-inferiority at one-sided 2.5 %),
    better: a gain is shown besides. worse: a loss is shown and one beyond the margin not ruled out. noise: neither.
    """
    if not flipped:
        return "same"
    if difference.interval is not None and difference.interval[0] > -margin:
        return "better" if p < LEVEL and difference.value > 0 else "safe"
    return in_category(difference, p, flipped)


def in_category(difference: Difference, p: float, flipped: bool) -> Verdict:
    """Without a margin: what is left of it after the adjustment for many categories."""
    if not flipped:
        return "same"
    if p >= LEVEL:
        return "noise"
    return "better" if difference.value > 0 else "worse"
