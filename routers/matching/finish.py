"""The last of the gap: integer programs over the few cells that matter (HiGHS).

A cell that loses more at the prices than the best known assignment lacks to the bound is in no better assignment
(reduced-cost fixing). While more than a few are left, those that lose least give a better assignment to go on from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from routers.base import Array
from routers.matching.budgeted import Found
from routers.matching.problem import Problem

MOST_CELLS = 2_000
SECONDS = 3.0
TRIES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """The best places known now, and whether they are proven to be the best there are."""

    places: Array
    exact: bool


def finished(problem: Problem, found: Found) -> Finished:
    """From the places that the prices gave; where the programs are too large or too slow, unproven."""
    value = problem.priced(found.prices.per_dollar) - found.prices.room
    loss = value.max(axis=1, keepdims=True) - value
    places = found.places
    for _ in range(2):
        gap = max(0.0, found.bound - problem.value(places))
        needed = loss <= 1.001 * gap + 1e-10 * np.abs(value.max(axis=1, keepdims=True))
        free = needed if _open(needed) <= MOST_CELLS else _nearest(loss, places)
        better, proven = _solved(problem, free, gap)
        if better is not None and problem.keeps(better) and problem.value(better) >= problem.value(places):
            places = better
            if proven and free is needed:
                return Finished(places, exact=True)
    return Finished(places, exact=False)


def _open(free: Array) -> int:
    """How many cells there is a choice between."""
    return int(free[free.sum(axis=1) > 1].sum())


def _nearest(loss: Array, places: Array) -> Array:
    """(n, m + 1) bool: the cells in use, and those that lose least besides."""
    free = loss <= np.partition(loss[loss > 0], MOST_CELLS // 2)[MOST_CELLS // 2]
    free[np.arange(len(places)), places] = True
    return np.asarray(free)


def _solved(problem: Problem, free: Array, gap: float) -> tuple[Array | None, bool]:
    """(n,) the best places among the free cells, to a millionth of the gap, and whether that is proven in time."""
    open_ = free.sum(axis=1) > 1
    places = free.argmax(axis=1)
    rest = replace(
        problem,
        worth=np.where(free, problem.worth, -np.inf)[open_],
        rooms=problem.rooms - np.bincount(places[~open_], minlength=len(problem.rooms)),
        cost=problem.cost[open_],
        budget=problem.budget - problem.spent(np.where(open_, len(problem.rooms) - 1, places)),
    )
    if not open_.any():
        return places, True
    queries, columns = np.nonzero(np.isfinite(rest.worth))
    chosen = np.empty(len(rest.worth), dtype=np.int64)
    tighter = rest.budget
    for _ in range(TRIES):
        found = _program(rest, gap, tighter)
        if found.x is None:
            break
        chosen[queries[found.x > 0.5]] = columns[found.x > 0.5]
        places[open_] = chosen
        if problem.keeps(places):
            return places, bool(found.status == 0)
        tighter -= 2 * (rest.spent(chosen) - rest.budget)  # it takes 0.999999 of a query for one
    return None, False


def _program(problem: Problem, gap: float, budget: float) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    queries, columns = np.nonzero(np.isfinite(problem.worth))
    cells, ones = np.arange(len(queries)), np.ones(len(queries))
    unit = max(float(problem.cost.max(initial=0.0)), 1e-300)
    at = csr_array((ones, (columns, cells)), shape=(len(problem.rooms), len(cells)))
    return milp(
        (problem.worth.max(axis=1)[queries] - problem.worth[queries, columns]) / max(gap, 1e-12),
        integrality=ones,
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(csr_array((ones, (queries, cells))), 1, 1),
            LinearConstraint(at, -np.inf, problem.rooms),
            LinearConstraint(problem.cost[queries, columns][None] / unit, -np.inf, budget / unit),
        ],
        options={"mip_rel_gap": 0.0, "time_limit": SECONDS},
    )
