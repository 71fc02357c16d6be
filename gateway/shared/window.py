"""How much was counted of late: a window of time that moves in steps. Pure arithmetic; the clock is the caller's.

What is counted belongs to the step that it falls into, and is forgotten a whole window after that step has ended. So no
window of that length ever holds more than the limit, and what is kept is small however much is counted.
"""

from __future__ import annotations

from math import floor

STEPS = 60
"""In a window."""


class Window:
    """Amounts by step. One window length for each; `now` never goes back."""

    def __init__(self) -> None:
        self._counted: dict[int, int] = {}
        self._sum = 0
        self._step = 0

    def take(self, now: float, amount: int, limit: int, window_s: float) -> float:
        """0.0 where the amount was counted, otherwise the seconds until it can be."""
        step_s = window_s / STEPS
        self._forget(floor(now / step_s))
        excess = self._sum + amount - limit
        if excess > 0:
            return self._until_gone(excess, step_s) - now
        self._add(floor(now / step_s), amount)
        return 0.0

    def correct(self, now: float, amount: int, ago_s: float, window_s: float) -> None:
        """Count more from now on, or less back then; never less than nothing."""
        step_s = window_s / STEPS
        self._add(floor((now if amount > 0 else now - ago_s) / step_s), amount)

    def _add(self, step: int, amount: int) -> None:
        before = self._counted.get(step, 0)
        self._counted[step] = max(0, before + amount)
        self._sum += self._counted[step] - before

    def _forget(self, now: int) -> None:
        if now == self._step:
            return
        self._step = now
        for step in [step for step in self._counted if step < now - STEPS]:
            self._sum -= self._counted.pop(step)

    def _until_gone(self, excess: int, step_s: float) -> float:
        """When the oldest steps that hold so much will have been forgotten."""
        for step in sorted(self._counted):
            excess -= self._counted[step]
            if excess <= 0:
                return (step + STEPS + 1) * step_s
        raise ValueError("nobody can take more at once than the limit. This is a bug.")
