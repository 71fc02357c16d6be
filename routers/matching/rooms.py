"""An assignment within capacities alone: exact by chains while few queries have to give way, else greedy."""

from __future__ import annotations

import numpy as np

from routers.base import Array
from routers.matching.chains import chained
from routers.matching.greedy import greedy

MOST_CHAINS = 10_000
"""One costs a tenth of a millisecond and up."""


def placed(worth: Array, rooms: Array, prices: Array, most_chains: int = MOST_CHAINS) -> tuple[Array, Array]:
    """(n,) places and (m,) prices of room that bound them; `prices` are where to begin.

    Greedy where at these prices more than most_chains queries ask experts who have no room for them, as happens beyond
    that many queries that are alike.
    """
    loads = np.bincount((worth - prices).argmax(axis=1), minlength=len(rooms))
    if np.maximum(loads - rooms, 0).sum() > most_chains:
        return greedy(worth, rooms, prices), prices
    return chained(worth, rooms, prices)
