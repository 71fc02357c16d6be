"""The exact assignment under capacities: successive best chains of moves, each of one query from expert to expert.

Min-cost flow on the experts alone (successive shortest paths, Ahuja, Magnanti & Orlin, Network Flows, 1993, ch. 9): all
that is kept of the queries is, for each pair of experts, whose move from one to the other gains most. Begun at good
prices nearly every query is where it belongs, and few chains remain. A table of (m, m) is all the memory it takes.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

CLOSE = 1e-13
"""A gain this small, relative to the largest worth, is rounding."""


def chained(worth: Array, rooms: Array, prices: Array) -> tuple[Array, Array]:
    """(n,) the places of highest worth within the rooms, and (m,) the prices that prove it; from any prices.

    worth: (n, m), -inf where not allowed; every query must be allowed somewhere where there is room for all.
    """
    chains = _Chains(worth, rooms, (worth - prices).argmax(axis=1))
    while (gains := chains.step()) is None:
        pass
    return chains.places, gains


class _Chains:
    """gain: (m, m) the most that moving one query from row to column gains; who: (m, m) which one."""

    def __init__(self, worth: Array, rooms: Array, places: Array) -> None:
        self.places = places
        self._columns = np.ascontiguousarray(worth.T)
        self._rooms = rooms
        self._loads = np.bincount(places, minlength=len(rooms))
        self._gain = np.full((len(rooms), len(rooms)), -np.inf)
        self._who = np.zeros(self._gain.shape, dtype=np.int64)
        self._close = CLOSE * max(1e-300, float(np.abs(worth[np.isfinite(worth)]).max(initial=0.0)))
        for place in range(len(rooms)):
            self._look(place, np.arange(len(rooms)))

    def step(self) -> Array | None:
        """One chain more; where none is needed or gains anything, the prices."""
        over = self._loads > self._rooms
        needed = bool(over.any())
        gains, before = self._longest(over if needed else np.ones_like(over))
        ends = np.where((self._loads < self._rooms) & (before >= 0), gains, -np.inf)
        last = int(ends.argmax())
        if not needed and ends[last] <= self._close:
            return np.maximum(gains, 0.0)
        if ends[last] == -np.inf:
            raise ValueError("there is no room for every query: a column for staying out is missing")
        self._move(last, before)
        return None

    def _longest(self, starts: Array) -> tuple[Array, Array]:
        """(m,) the gain of the best chain to each expert from any start, and the expert before it, -1 at a start.

        Bellman-Ford over all pairs at once. No cycle gains anything, so m rounds are enough.
        """
        gains = np.where(starts, 0.0, -np.inf)
        before = np.full(len(gains), -1)
        every = np.arange(len(gains))
        for _ in every:
            through = gains[:, None] + self._gain
            best = through.argmax(axis=0)
            reached = through[best, every]
            better = reached > gains + self._close
            if not better.any():
                break
            gains, before = np.where(better, reached, gains), np.where(better, best, before)
        return gains, before

    def _move(self, last: int, before: Array) -> None:
        """Along the chain that ends here each expert hands one query on."""
        chain = [last]
        while before[chain[-1]] >= 0:
            chain.append(int(before[chain[-1]]))
        hops = [(int(self._who[old, new]), old, new) for new, old in zip(chain, chain[1:], strict=False)]
        for query, _, new in hops:
            self.places[query] = new
        self._loads[chain[-1]] -= 1
        self._loads[last] += 1
        for query, old, new in hops:
            self._look(old, np.flatnonzero(self._who[old] == query))
            self._join(query, new)

    def _look(self, place: int, others: Array) -> None:
        """Whose move from this expert to each of those gains most, among all who are there."""
        members = np.flatnonzero(self.places == place)
        if not len(members):
            self._gain[place] = -np.inf
            return
        here = self._columns[place, members]
        for other in others[others != place]:
            gained = self._columns[other, members] - here
            best = int(gained.argmax())
            self._gain[place, other], self._who[place, other] = gained[best], members[best]

    def _join(self, query: int, place: int) -> None:
        """One more member, who may be the one whose move gains most."""
        gained = self._columns[:, query] - self._columns[place, query]
        gained[place] = -np.inf
        better = gained > self._gain[place]
        self._gain[place] = np.where(better, gained, self._gain[place])
        self._who[place] = np.where(better, query, self._who[place])
