"""How busy each expert is, and how long it takes of late: columns that policies weigh against quality.

Latency is an exponentially weighted mean of what calls took; before the first call, what experts.yaml says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from gateway.experts import Expert
from routers.base import Array

WEIGHT = 0.1


class Board:
    """One column entry per expert, in the order given. `names` says which."""

    def __init__(self, experts: Sequence[Expert], clock: Callable[[], float] = time.monotonic) -> None:
        self.names = tuple(expert.name for expert in experts)
        self.capacities = np.array([expert.max_concurrency * expert.batch for expert in experts], dtype=np.float64)
        self._places = {name: place for place, name in enumerate(self.names)}
        self._clock = clock
        self._mean_s = np.array([expert.latency_s for expert in experts], dtype=np.float64)
        self._timed = np.zeros(len(experts))
        self._calls = np.zeros(len(experts))
        self._spent_s = np.zeros(len(experts))
        self._since = np.full(len(experts), clock())
        self._held_until = np.zeros(len(experts))

    @contextmanager
    def occupied(self, expert: str) -> Iterator[None]:
        """Inside, this expert has one call more in work or waiting for its place."""
        self._add(expert, 1)
        try:
            yield
        finally:
            self._add(expert, -1)

    def timed(self, expert: str, seconds: float) -> None:
        """One more call was answered, after so long in work."""
        place = self._places[expert]
        self._timed[place] += 1
        self._mean_s[place] += max(WEIGHT, 1 / self._timed[place]) * (seconds - self._mean_s[place])

    def expected_s(self) -> Array:
        """(m,) seconds that the next call to each will take, those before it in the lane included."""
        held_s = np.maximum(0.0, self._held_until - self._clock())
        expected: Array = self._mean_s * np.maximum(1.0, self._calls / self.capacities) + held_s
        return expected

    def held(self, expert: str, seconds: float) -> None:
        """Nobody will ask this expert for so long."""
        self._held_until[self._places[expert]] = self._clock() + seconds

    def in_flight_s(self) -> Array:
        """(m,) seconds that calls to each have spent in work or waiting, summed since the start."""
        now = self._clock()
        spent: Array = self._spent_s + self._calls * (now - self._since)
        return spent

    def _add(self, expert: str, calls: int) -> None:
        place, now = self._places[expert], self._clock()
        self._spent_s[place] += self._calls[place] * (now - self._since[place])
        self._since[place] = now
        self._calls[place] += calls
