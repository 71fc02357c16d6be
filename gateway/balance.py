"""Load prices while serving: after each window of time, experts that did more than their part become dearer.

Loss-free balancing (`routers.balancing`) over the seconds that calls spend at each expert. Knows no score.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container

import numpy as np

from gateway.dispatch.board import Board
from routers.balancing import LoadPrices
from routers.base import Array

WINDOW_S = 1.0
STEP = 0.02
"""Of the largest price, a window."""
SLACK = 0.1
"""A load this near its part, relatively, is left alone."""


class Balance:
    """The load prices of the experts on a board, as shares of the largest price that a policy allows.

    Whoever rests has no price and takes no part: otherwise it would become ever cheaper meanwhile, and be given nearly
    everything once it is back.
    """

    def __init__(
        self,
        board: Board,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
        resting: Callable[[], Container[str]] = frozenset,
    ) -> None:
        self._board = board
        self._resting = resting
        self._window_s = window_s
        self._clock = clock
        self._prices = LoadPrices(step=STEP, limit=1.0, slack=SLACK)
        self._capacities = dict(zip(board.names, board.capacities.tolist(), strict=True))
        self._biases = np.zeros(len(board.names))
        self._closes = clock() + window_s
        self._spent_s = board.in_flight_s()

    def biases(self) -> Array:
        """(m,) in [-1, 1], in the board's order: above 0 whoever has room, below 0 whoever does more than its part."""
        if self._clock() >= self._closes:
            self._close()
        return self._biases

    def _close(self) -> None:
        spent_s = self._board.in_flight_s()
        loads = np.maximum(spent_s - self._spent_s, 0.0)
        resting = self._resting()
        capacities = {name: room for name, room in self._capacities.items() if name not in resting}
        if capacities:
            by_expert = dict(zip(self._board.names, loads.tolist(), strict=True))
            self._prices = self._prices.update(by_expert, capacities)
        self._biases = self._prices.bias(self._board.names)
        self._spent_s, self._closes = spent_s, self._clock() + self._window_s
