"""Queries to experts: who is asked what, so that a whole batch is worth most.

The balanced assignment of BASE layers (Lewis et al. 2021, arXiv 2103.16716) and expert choice (Zhou et al. 2022, arXiv
2202.09368) over whole models, exactly where both are greedy at serving time. Knows utilities, numbers of places and
dollars; what they are made of is the caller's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routers.base import Array
from routers.matching.budgeted import enough, frugal, within
from routers.matching.finish import finished
from routers.matching.prices import Prices, bound, estimate
from routers.matching.problem import Assignment, Problem
from routers.matching.rooms import placed


def assign(
    utility: Array,
    capacities: Array | None = None,
    budget_usd: float | None = None,
    cost: Array | None = None,
    allowed: Array | None = None,
) -> Assignment:
    """The places of n queries at m experts with the highest sum of utility.

    utility: (n, m), in any unit; NaN and -inf are not allowed there. capacities: (m,) queries that each expert may
    have; None, or infinity: any number. cost: (n, m) dollars, counted against budget_usd. allowed: (n, m) bool.

    As many queries as possible are placed, whatever their utility; where not all can be, those stay out without whom
    the others are worth most. Exact up to 10,000 queries and nearly always beyond: only where more than that have to
    give way to others at the right prices (many queries alike) they are placed greedily, and with a budget the last few
    may stay unproven; `gap` says by how much at most. ValueError where the arguments do not belong together.
    """
    problem = Problem.of(utility, capacities, budget_usd, cost, allowed)
    free = replace(problem, budget=np.inf)
    places, room = placed(free.worth, free.rooms, estimate(free).room)
    if problem.keeps(places):
        return _proven(problem, places, bound(free, Prices(room)))
    problem = problem.leaving_out(problem.out(places))
    prices = estimate(problem)
    cheap = frugal(problem, prices)
    if cheap is None:
        problem, cheap = enough(problem, places)
        prices = estimate(problem)
    found = within(problem, places, cheap, prices)
    last = finished(problem, found)
    if last.exact:
        return problem.assignment(last.places, problem.value(last.places), exact=True)
    return _proven(problem, last.places, found.bound)


def _proven(problem: Problem, places: Array, above: float) -> Assignment:
    """Exact where nothing but rounding lies between the places and their bound."""
    return problem.assignment(places, above, exact=above - problem.value(places) <= _rounding(problem))


def _rounding(problem: Problem) -> float:
    """What sums of this many utilities may be off by."""
    return 1e-12 * len(problem.worth) * float(np.abs(problem.worth[:, -1]).max(initial=0.0))
