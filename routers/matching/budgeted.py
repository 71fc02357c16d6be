"""An assignment within capacities and a sum of money, by the price of a dollar (Lagrangian relaxation).

At the right price there are two best assignments, a dear one that breaks the budget and a cheap one that keeps it. They
differ in chains of moves, each worth its price, and as many of those are taken over as the money allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from routers.base import Array
from routers.matching.difference import chains
from routers.matching.prices import Prices, bound, estimate
from routers.matching.problem import Problem
from routers.matching.rooms import placed

STEPS = 60
MOST_CHAINS = 1_000
"""In one step; beyond that it is greedy, as the next step changes it again."""
DEARER, RAISES = 1.02, 10
"""The price of a dollar is raised so much, then by the square of that, and so on, until the money is enough for all."""
CLOSE = 1e-11
"""Relative to the value: assignments this near are equally good."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """places: the best known within all limits. bound: the lowest proof of what the best can be, by `prices`."""

    places: Array
    prices: Prices
    bound: float


def frugal(problem: Problem, prices: Prices) -> Array | None:
    """Places that keep the budget and leave nobody more out, at prices of a dollar that rise; None where none do."""
    per_dollar, room, dearer = prices.per_dollar, prices.room, DEARER
    for _ in range(RAISES):
        places, room = placed(problem.priced(per_dollar), problem.rooms, room, MOST_CHAINS)
        if problem.keeps(places):
            return places
        per_dollar, dearer = per_dollar * dearer, dearer**2
    return None


def enough(problem: Problem, dear: Array) -> tuple[Problem, Array]:
    """As many queries as the money is enough for, and the problem that leaves no more out.

    The same search, where every query inside is worth the same. dear: the best places without a budget.
    """
    counted = np.where(np.isfinite(problem.worth), 0.0, -np.inf)
    counted[:, -1] = -1.0
    number = replace(problem, worth=counted)
    found = within(number, dear, np.full(len(dear), len(problem.rooms) - 1), estimate(number))
    return problem.leaving_out(problem.out(found.places)), found.places


def within(problem: Problem, dear: Array, cheap: Array, prices: Prices) -> Found:
    """The best places within the budget, from some that break it, some that keep it, and prices to begin at.

    After that the price of a dollar is the slope between the two, and whoever is best at that price takes the place of
    one of them, until nobody is better (the secant method on a convex piecewise linear function: it ends).
    """
    best = Found(cheap, prices, bound(problem, prices))
    for step in range(STEPS):
        per_dollar = _slope(problem, dear, cheap) if step else prices.per_dollar
        places, room = placed(problem.priced(per_dollar), problem.rooms, best.prices.room, MOST_CHAINS)
        proof = Prices(room, per_dollar)
        best = min(best, Found(cheap, proof, bound(problem, proof)), key=lambda found: found.bound)
        line = problem.value(cheap) - per_dollar * problem.spent(cheap)
        if step and problem.value(places) - per_dollar * problem.spent(places) <= line + CLOSE * abs(line):
            break
        if problem.affords(places) and not problem.keeps(places):
            break  # greedy, it left out more than it had to
        dear, cheap = (dear, places) if problem.keeps(places) else (places, cheap)
    return replace(best, places=_blended(problem, dear, cheap))


def _slope(problem: Problem, dear: Array, cheap: Array) -> float:
    """What a dollar more brings, on average, from the cheap to the dear."""
    gained, spent = problem.value(dear) - problem.value(cheap), problem.spent(dear) - problem.spent(cheap)
    return max(0.0, gained / spent) if spent > 0 else 0.0


def _blended(problem: Problem, dear: Array, cheap: Array) -> Array:
    """The cheap places with those chains of the dear ones that bring most for their money, while it lasts."""
    changes = []
    for queries in chains(cheap, dear, len(problem.rooms)):
        gain, cost = (
            float((table[queries, dear[queries]] - table[queries, cheap[queries]]).sum())
            for table in (problem.worth, problem.cost)
        )
        if gain > 0:
            changes.append((cost / gain, cost, queries))
    places, left = cheap.copy(), problem.budget - problem.spent(cheap)
    for _, cost, queries in sorted(changes, key=lambda change: change[0]):
        if cost <= left:
            places[queries] = dear[queries]
            left -= cost
    return places
