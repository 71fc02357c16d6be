"""Which expert takes which category, as a mixed-integer program under budgets of parameters, and the whole frontier.

Composition of Experts (arXiv 2412.01868), the category-to-expert map. Knows shares, win rates and sizes only; win rates
should come shrunk (`Ability.measured` does that), or the program chases noise. Solved by HiGHS, gap zero, so "best"
is exact up to its feasibility tolerance of 1e-6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from routers.base import Array

TOLERANCE = 1e-6
"""Budgets are kept up to this, relative to the largest number in them: HiGHS knows no better."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """K categories and M experts.

    shares: (K,) of the traffic, summing to one. quality: (K, M) expected, in [0, 1].
    active, total: (M,) parameters per token and altogether, in one unit (billions, or bytes in memory).
    """

    categories: tuple[str, ...]
    experts: tuple[str, ...]
    shares: Array
    quality: Array
    active: Array
    total: Array


@dataclass(frozen=True, slots=True)
class Budget:
    """What a map may use; None is no limit.

    total: of every expert held, used or not. active: parameters per token, averaged over the traffic.
    must: held whatever happens. may: nobody else is held (None: anybody).
    """

    total: float | None = None
    active: float | None = None
    must: tuple[str, ...] = ()
    may: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A map: the expert of each category, in the order of `Pool.categories`, and what it is worth and costs."""

    experts: tuple[str, ...]
    quality: float
    active: float
    total: float

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.experts)))


def assign(pool: Pool, budget: Budget) -> Assignment:
    """The map of the highest expected quality; of equally good ones the one with the fewest active parameters.

    ValueError, in one line, where no map keeps the budget; it names the smallest that one does.
    """
    check(pool, budget)
    found = _lexicographic(pool, budget)
    if found is None:
        raise ValueError(_infeasible(pool, budget))
    return found


def frontier(pool: Pool, budget: Budget, apart: float = 0.0) -> tuple[Assignment, ...]:
    """Every Pareto point of quality against average active parameters, supported or not, cheapest first.

    The epsilon-constraint sweep: each point is the best map with at least `apart` fewer active parameters than the one
    before, so `apart` > 0 gives some of the points, each of them exact. Costs two programs a point.
    """
    found = [assign(pool, budget)]
    least = max(apart, 2 * TOLERANCE * _scale(pool.active))
    while (better := _lexicographic(pool, replace(budget, active=found[-1].active - least))) is not None:
        found.append(better)
    return tuple(reversed(found))


def valued(pool: Pool, experts: tuple[str, ...], must: tuple[str, ...] = ()) -> Assignment:
    """The given map with its quality and costs."""
    columns = [pool.experts.index(name) for name in experts]
    held = [pool.experts.index(name) for name in sorted({*experts, *must})]
    rows = np.arange(len(columns))
    return Assignment(
        experts=experts,
        quality=float(pool.shares @ pool.quality[rows, columns]),
        active=float(pool.shares @ pool.active[columns]),
        total=float(pool.total[held].sum()),
    )


def check(pool: Pool, budget: Budget) -> None:
    """ValueError, with the offending names or shapes, unless pool and budget belong together."""
    shape = (len(pool.categories), len(pool.experts))
    if pool.quality.shape != shape or not np.isfinite(pool.quality).all():
        raise ValueError(f"quality must be finite and of shape {shape}, not {pool.quality.shape}")
    if len(pool.shares) != shape[0] or len(pool.active) != shape[1] or len(pool.total) != shape[1]:
        raise ValueError(f"shares, active and total must have {shape[0]}, {shape[1]} and {shape[1]} entries")
    strangers = sorted({*budget.must, *(budget.may or ())} - set(pool.experts))
    if strangers:
        raise ValueError(f"the pool has no {', '.join(strangers)}; it has {', '.join(pool.experts)}")


def _lexicographic(pool: Pool, budget: Budget) -> Assignment | None:
    """Quality first, then active parameters: a point of the frontier and none that is only weakly on it."""
    first = _solve(pool, budget, -_per_cell(pool, pool.quality))
    if first is None:
        return None
    cheapest = _solve(pool, budget, _per_cell(pool, pool.active), quality=first.quality)
    return first if cheapest is None or cheapest.active >= first.active else cheapest


def _infeasible(pool: Pool, budget: Budget) -> str:
    """Which budget is too small, and how large it must be."""
    cell = _per_cell(pool, pool.active)
    held = np.concatenate([np.zeros(pool.quality.size), pool.total])
    hints = []
    if budget.total is not None and (least := _solve(pool, replace(budget, total=None), held)) is not None:
        hints.append(f"the smallest total that fits is {_up(least.total)}")
    if budget.active is not None and (least := _solve(pool, replace(budget, active=None), cell)) is not None:
        hints.append(f"the smallest average active that fits is {_up(least.active)}")
    if not hints and (least := _solve(pool, replace(budget, total=None, active=None), held)) is not None:
        hints.append(f"either is too small by itself; try total {_up(least.total)} and active {_up(least.active)}")
    limits = [
        f"{name} {limit:g}" for name, limit in (("total", budget.total), ("active", budget.active)) if limit is not None
    ]
    return f"no map fits {' and '.join(limits) or 'these experts'}: {' or '.join(hints) or 'nobody may be held'}"


def _up(number: float) -> str:
    """Rounded up, so that what is printed fits."""
    return f"{math.ceil(number * 1000 - 1e-6) / 1000:.10g}"


def _solve(pool: Pool, budget: Budget, objective: Array, quality: float | None = None) -> Assignment | None:
    """The map that minimises `objective`, with at least this quality; None where there is none."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    lowest, highest = _held(pool, budget)
    constraints = [LinearConstraint(*row) for row in _rows(pool, budget, quality)]
    bounds = Bounds(
        np.concatenate([np.zeros(pool.quality.size), lowest]), np.append(np.ones(pool.quality.size), highest)
    )
    options = {"mip_rel_gap": 0.0}
    found = milp(
        objective, integrality=np.ones(len(objective)), bounds=bounds, constraints=constraints, options=options
    )
    if found.x is None:
        return None
    chosen = found.x[: pool.quality.size].reshape(pool.quality.shape).argmax(axis=1)
    return valued(pool, tuple(pool.experts[m] for m in chosen), budget.must)


def _per_cell(pool: Pool, worth: Array) -> Array:
    """Coefficients of z (K·M) then y (M): `worth` (K, M) or (M,), weighted by the traffic; nothing for holding."""
    cells = pool.shares[:, None] * np.broadcast_to(worth, pool.quality.shape)
    return np.concatenate([cells.ravel(), np.zeros(len(pool.experts))])


def _held(pool: Pool, budget: Budget) -> tuple[Array, Array]:
    """Bounds of y (M,): one where an expert must be held, zero where it may not."""
    may = {*(pool.experts if budget.may is None else budget.may), *budget.must}
    lowest = np.array([float(name in budget.must) for name in pool.experts])
    return lowest, np.array([float(name in may) for name in pool.experts])


def _rows(pool: Pool, budget: Budget, quality: float | None) -> Iterator[tuple[Any, Any, Any]]:
    """(coefficients, lowest, highest): one expert per category, z ≤ y, and the budgets, scaled to about one."""
    from scipy.sparse import eye_array, hstack, kron

    k, m = pool.quality.shape
    none = np.zeros(k * m)
    yield hstack([kron(eye_array(k), np.ones((1, m))), np.zeros((k, m))], format="csr"), 1, 1
    yield hstack([eye_array(k * m), -kron(np.ones((k, 1)), eye_array(m))], format="csr"), -np.inf, 0
    if budget.total is not None:
        scale = _scale(pool.total)
        yield np.concatenate([none, pool.total / scale])[None], -np.inf, budget.total / scale
    if budget.active is not None:
        scale = _scale(pool.active)
        yield _per_cell(pool, pool.active / scale)[None], -np.inf, budget.active / scale
    if quality is not None:
        yield _per_cell(pool, pool.quality)[None], quality - TOLERANCE / 10, np.inf


def _scale(numbers: Array) -> float:
    return max(float(np.abs(numbers).max()), 1e-12)
