"""What exploring has cost today, by this process and by others. Knows no database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Spent:
    """One query of another process: its id, when (UTC seconds), and dollars."""

    id: str
    at: float
    usd: float


class Spending:
    """Of one policy. Nothing may be spent before it is known what others have."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._day = 0
        self._own_usd = 0.0
        self._others: dict[str, float] = {}
        self._known = False

    @property
    def today_usd(self) -> float:
        """Since midnight, UTC, as far as it is known."""
        self._turn()
        return self._own_usd + math.fsum(self._others.values())

    def left_usd(self, budget_usd: float | None) -> float:
        """Of so much a day (None: there is no limit); never below 0."""
        if budget_usd is None:
            return math.inf
        return max(0.0, budget_usd - self.today_usd) if self._known else 0.0

    def spend(self, usd: float) -> None:
        """By this process."""
        self._turn()
        self._own_usd += usd

    def told(self, spent: Iterable[Spent]) -> None:
        """What others have spent; the same may be told again."""
        self._turn()
        self._others |= {one.id: one.usd for one in spent if one.at >= self._day * DAY_S}
        self._known = True

    def _turn(self) -> None:
        """A new day begins with nothing spent."""
        day = int(self._clock() // DAY_S)
        if day != self._day:
            self._day, self._own_usd, self._others = day, 0.0, {}
