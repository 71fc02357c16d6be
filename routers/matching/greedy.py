"""An assignment within capacities for very many queries at once: at given prices, the most to lose first."""

from __future__ import annotations

import numpy as np

from routers.base import Array


def greedy(worth: Array, rooms: Array, prices: Array) -> Array:
    """(n,) places within the rooms. Each round every query left asks whoever is best for it of those with room.

    An expert asked by more than it has room for takes those that would lose most elsewhere, and has no room any more;
    so there are at most as many rounds as experts. The last column, for staying out, takes all who come.
    """
    value = worth - prices
    left = np.append(rooms[:-1], len(worth))
    places = np.full(len(worth), -1)
    waiting = np.arange(len(worth))
    while len(waiting):
        open_value = np.where(left > 0, value[waiting], -np.inf)
        best = open_value.argmax(axis=1)
        taken = _taken(best, _regret(open_value), left)
        places[waiting[taken]] = best[taken]
        left = left - np.bincount(best[taken], minlength=len(left))
        waiting = waiting[~taken]
    return places


def _regret(value: Array) -> Array:
    """(n,) what each would lose at its second best."""
    if value.shape[1] == 1:
        return np.zeros(len(value))
    top = np.partition(value, -2, axis=1)
    first, second = top[:, -1], top[:, -2]
    return np.where(np.isfinite(second), first - np.where(np.isfinite(second), second, 0.0), np.inf)


def _taken(best: Array, regret: Array, left: Array) -> Array:
    """(n,) bool: who finds a place where they asked; the greatest regret first."""
    order = np.lexsort((-regret, best))
    asked = np.bincount(best, minlength=len(left))
    rank = np.arange(len(best)) - np.repeat(np.cumsum(asked) - asked, asked)
    taken = np.zeros(len(best), dtype=bool)
    taken[order] = rank < left[best[order]]
    return taken
