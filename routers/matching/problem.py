"""The assignment problem under capacities and a budget, checked and in one shape; what an assignment is.

Leaving a query out is one more column, `m`, so that everything after this knows no special case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from routers.base import Array

OUT = -1
"""The place of a query that stays out."""
CLOSE = 1e-9
"""Relative to the budget: more than that is too much."""


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """places: (n,) the column of each query, `OUT` where it stays out. total, cost: of those that do not.

    bound: no assignment that leaves as few out within the same limits has a higher total, up to rounding.
    """

    places: Array
    total: float
    cost: float
    bound: float
    exact: bool

    @property
    def gap(self) -> float:
        """How much better the best one may be; of an exact one only the last digits."""
        return max(0.0, self.bound - self.total)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """worth: (n, m + 1), -inf where not allowed, the last column for staying out. rooms: (m + 1,).

    cost: (n, m + 1) in dollars, 0 for staying out. budget: math.inf where there is none.
    """

    worth: Array
    rooms: Array
    cost: Array
    budget: float

    @classmethod
    def of(
        cls, utility: Array, capacities: Array | None, budget: float | None, cost: Array | None, allowed: Array | None
    ) -> Self:
        """ValueError, in one line, where the parts do not belong together or hold what is no number."""
        utility = _table("utility", utility)
        n, m = utility.shape
        cost = np.zeros((n, m)) if cost is None else _table("cost", cost, (n, m))
        may = np.ones((n, m), dtype=bool) if allowed is None else np.asarray(allowed, dtype=bool)
        if may.shape != (n, m):
            raise ValueError(f"allowed has the shape {may.shape}, not that of utility, {(n, m)}")
        if np.isposinf(utility).any() or (cost < 0).any():
            raise ValueError("utility must be below infinity and cost not below 0")
        may = may & np.isfinite(utility) & np.isfinite(cost)
        worth = np.where(may, utility, -np.inf)
        return cls(
            worth=np.hstack([worth, np.full((n, 1), _of_staying_out(worth))]),
            rooms=np.append(_rooms(capacities, n, m), n),
            cost=np.hstack([np.where(may, cost, 0.0), np.zeros((n, 1))]),
            budget=_budget(budget),
        )

    def priced(self, per_dollar: float) -> Array:
        """(n, m + 1) the worth less what the money would be worth elsewhere."""
        return self.worth - per_dollar * self.cost if per_dollar else self.worth

    def value(self, places: Array) -> float:
        """The worth of it all, staying out included."""
        return float(self.worth[np.arange(len(places)), places].sum())

    def spent(self, places: Array) -> float:
        return float(self.cost[np.arange(len(places)), places].sum())

    def keeps(self, places: Array) -> bool:
        """Whether this is within the budget, up to rounding, and leaves no more out than it may."""
        return self.affords(places) and self.out(places) <= self.rooms[-1]

    def affords(self, places: Array) -> bool:
        return self.spent(places) <= self.budget * (1 + CLOSE)

    def out(self, places: Array) -> int:
        """How many stay out."""
        return int((places == len(self.rooms) - 1).sum())

    def leaving_out(self, most: int) -> Self:
        """The same, with at most so many left out."""
        return replace(self, rooms=np.append(self.rooms[:-1], most))

    def assignment(self, places: Array, bound: float, exact: bool) -> Assignment:
        """In the words of whoever asked; bound: on the value, staying out included."""
        m = len(self.rooms) - 1
        inside = np.flatnonzero(places != m)
        total = float(self.worth[inside, places[inside]].sum())
        above = max(0.0, bound - self.value(places))
        return Assignment(np.where(places == m, OUT, places), total, self.spent(places), total + above, exact)


def _table(name: str, given: Array, shape: tuple[int, ...] | None = None) -> Array:
    table = np.asarray(given, dtype=np.float64)
    if table.ndim != 2 or (shape is not None and table.shape != shape):
        raise ValueError(f"{name} must be a table of queries by experts, not of shape {table.shape}")
    return table


def _rooms(capacities: Array | None, n: int, m: int) -> Array:
    if capacities is None:
        return np.full(m, n)
    given = np.asarray(capacities, dtype=np.float64)
    if given.shape != (m,) or not (given >= 0).all():
        raise ValueError(f"capacities must be {m} numbers of 0 or more, not {given.tolist()}")
    return np.floor(np.minimum(given, n)).astype(np.int64)


def _budget(budget: float | None) -> float:
    if budget is None:
        return np.inf
    if not budget >= 0:
        raise ValueError(f"the budget must be 0 or more dollars, not {budget}")
    return float(budget)


def _of_staying_out(worth: Array) -> float:
    """So little that one query more inside is worth any rearrangement it takes.

    That is a chain in which each expert hands on at most one query, so it can cost no more than m + 1 times the range.
    """
    known = worth[np.isfinite(worth)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    range_ = max(high - low, 1e-9 * max(abs(low), abs(high)), 1e-12)
    return low - (int(worth.shape[1]) + 2) * range_
