"""Which experts to hold: the set whose best member per query is worth most, under budgets of cost, latency and number.

MoE² (arXiv 2501.09410) apart from its ensembles: one expert answers each query. Its key property is used: a router that
predicts each expert by itself, as ours do, says the same of an expert whoever else is held, so it is trained once on
the full pool and sets are searched on its predictions (`Router.select` restricts it). Knows predictions and budgets.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routers.base import Array

ENUMERATED = 15
"""Up to this many experts every set is tried (2^15 sets of a thousand queries take about a second)."""
HALVINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """utility: (n, m) on a sample of queries, quality or quality less a price. cost, latency: (m,) per query."""

    utility: Array
    cost: Array
    latency: Array


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. cost: of the expert each query goes to, on average. latency: of every expert held.

    most: how many experts are held. Cost may be dollars or joules; latency is whatever `Offers` has.
    """

    cost: float | None = None
    latency: float | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Subset:
    """experts: columns held, ascending. utility, cost: per query, each going to the held expert of highest utility.

    bound: no set within the limits is worth more; equal to `utility` where every set was tried.
    """

    experts: tuple[int, ...]
    utility: float
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        return max(0.0, self.bound - self.utility)


def choose(offers: Offers, limits: Limits) -> Subset:
    """The best set: exact for ENUMERATED experts or fewer within the latency, else greedy with a bound on the loss.

    Of equally good sets the cheaper, then the earlier. ValueError, naming the smallest budget, where no expert fits.
    """
    pool = _admissible(offers, limits)
    if len(pool) <= ENUMERATED:
        best = _best(_every(offers, limits, pool))
        return Subset(*best, bound=best[1])
    prices = {
        0.0,
        0.0 if limits.cost is None else _lagrangian(offers.utility[:, pool], offers.cost[pool], limits.cost)[0],
    }
    best = _best(found for price in sorted(prices) for found in _greedy(offers, limits, pool, price))
    return Subset(*best, bound=max(best[1], upper_bound(offers, limits, best[0])))


def upper_bound(offers: Offers, limits: Limits, held: tuple[int, ...] = ()) -> float:
    """What no set within the limits can pass: the lesser of two relaxations.

    By cost: each query goes to any admissible expert at a price λ on cost, the least over λ (Lagrange).
    By number: the mean best utility is submodular, so nothing beats `held` plus its `most` largest single gains.
    """
    pool = _admissible(offers, limits)
    utility, cost = offers.utility[:, pool], offers.cost[pool]
    bound = float(utility.max(axis=1).mean()) if limits.cost is None else _lagrangian(utility, cost, limits.cost)[1]
    if limits.most is None or not held:
        return bound
    base = offers.utility[:, list(held)].max(axis=1)
    gains = np.maximum(utility - base[:, None], 0).mean(axis=0)
    return min(bound, float(base.mean() + np.sort(gains)[::-1][: limits.most].sum()))


_Found = tuple[tuple[int, ...], float, float]
"""A set, its utility and its cost."""


def _admissible(offers: Offers, limits: Limits) -> Array:
    """The columns of those quick enough; some one of them must be cheap enough, as every set costs as much as one."""
    if limits.most is not None and limits.most < 1:
        raise ValueError(f"at least one expert must be held, not {limits.most}")
    quick = np.flatnonzero(offers.latency <= (np.inf if limits.latency is None else limits.latency))
    if not len(quick):
        raise ValueError(f"no expert answers within {limits.latency:g}; the quickest takes {offers.latency.min():g}")
    cheapest = offers.cost[quick].min()
    if limits.cost is not None and cheapest > limits.cost:
        raise ValueError(
            f"no expert costs {limits.cost:g} or less; the cheapest that is quick enough costs {cheapest:g}"
        )
    return quick


def _best(found: Iterator[_Found]) -> _Found:
    return max(found, key=lambda one: (one[1], -one[2]))


def _every(offers: Offers, limits: Limits, pool: Array) -> Iterator[_Found]:
    """Every set within the limits, depth first: each differs from its parent by one expert."""
    n = len(offers.utility)
    stack: list[tuple[tuple[int, ...], Array, Array, int]] = [((), np.full(n, -np.inf), np.zeros(n), 0)]
    while stack:
        held, best, cost, start = stack.pop()
        if held and _affordable(cost, limits):
            yield held, float(best.mean()), float(cost.mean())
        if len(held) == limits.most:
            continue
        for at in range(start, len(pool)):
            better, dearer = _with(offers, int(pool[at]), best, cost)
            stack.append(((*held, int(pool[at])), better, dearer, at + 1))


def _with(offers: Offers, expert: int, best: Array, cost: Array) -> tuple[Array, Array]:
    """Utility and cost (n,) once this expert is held, too; of equally good experts the cheaper is asked."""
    utility, price = offers.utility[:, expert], offers.cost[expert]
    moves = (utility > best) | ((utility == best) & (price < cost))
    return np.where(moves, utility, best), np.where(moves, price, cost)


def _affordable(cost: Array, limits: Limits) -> bool:
    return limits.cost is None or bool(cost.mean() <= limits.cost + 1e-12)


def _greedy(offers: Offers, limits: Limits, pool: Array, price: float) -> Iterator[_Found]:
    """Sets that grow by whoever adds most utility less `price` times cost, while they stay within the limits.

    Lazy (Minoux): gains only shrink as the set grows, so an old gain bounds the new one and few are worked out again.
    """
    priced = offers.utility - price * offers.cost
    held: tuple[int, ...] = ()
    best = priced[:, pool].min(axis=1)
    heap = [(-np.inf, int(expert)) for expert in pool]
    while heap and len(held) != limits.most:
        picked, heap = _next(offers, limits, heap, held, priced, best)
        if picked is None:
            return
        held, best = (*held, picked), np.maximum(best, priced[:, picked])
        yield _valued(offers, held)


def _next(
    offers: Offers,
    limits: Limits,
    heap: list[tuple[float, int]],
    held: tuple[int, ...],
    priced: Array,
    best: Array,
) -> tuple[int | None, list[tuple[float, int]]]:
    """Whom to add, or None where nobody is affordable and adds anything; and the others with their latest gains."""
    aside: list[tuple[float, int]] = []
    while heap:
        _, expert = heapq.heappop(heap)
        gain = float(np.maximum(priced[:, expert] - best, 0).mean())
        if held and gain <= 0:
            continue
        if heap and gain < -heap[0][0]:
            heapq.heappush(heap, (-gain, expert))
        elif limits.cost is not None and _valued(offers, (*held, expert))[2] > limits.cost + 1e-12:
            aside.append((-gain, expert))  # it may fit once others take its queries
        else:
            return expert, list(heapq.merge(sorted(heap), sorted(aside)))
    return None, aside


def _valued(offers: Offers, held: tuple[int, ...]) -> _Found:
    best, cost = np.full(len(offers.utility), -np.inf), np.zeros(len(offers.utility))
    for expert in held:
        best, cost = _with(offers, expert, best, cost)
    return tuple(sorted(held)), float(best.mean()), float(cost.mean())


def _lagrangian(utility: Array, cost: Array, budget: float) -> tuple[float, float]:
    """(λ, bound): the price on cost at which queries sent one by one just keep the budget; any λ ≥ 0 gives a bound."""

    def at(price: float) -> tuple[float, float]:
        priced = utility - price * cost
        top = priced.max(axis=1)
        spent = np.where(priced >= top[:, None], cost, np.inf).min(axis=1)
        return float(spent.mean()), float(top.mean() + price * budget)

    low, high = 0.0, 1.0
    spent, bound = at(low)
    if spent <= budget:
        return low, bound
    while at(high)[0] > budget:
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        spent, value = at(middle)
        bound = min(bound, value)
        low, high = (middle, high) if spent > budget else (low, middle)
    return high, min(bound, at(high)[1])
