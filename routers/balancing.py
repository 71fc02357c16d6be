"""Prices of load: a bias per expert, added when one is chosen and at no other time.

Loss-free balancing: after each window b += u·sign(target - load), which is the price of an expert's capacity in the
assignment problem, found step by step. Knows names and loads; what a score is, or a window, is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from routers.base import Array

HALVINGS = 60


@dataclass(frozen=True, slots=True)
class LoadPrices:
    """biases: by expert, summing to zero, none beyond ±limit; who is not named has none.

    step: u, in units of score a window. slack: a load this near its target, relatively, is left alone.
    Choosing by score + bias costs at most 2·limit of score on any query; what is reported is the score, without bias.
    """

    step: float = 0.001
    limit: float = 0.05
    slack: float = 0.0
    biases: Mapping[str, float] = field(default_factory=dict)

    def bias(self, experts: tuple[str, ...]) -> Array:
        """(m,), to be added to scores (n, m) before the argmax."""
        return np.array([self.biases.get(name, 0.0) for name in experts])

    def update(self, loads: Mapping[str, float], capacities: Mapping[str, float]) -> Self:
        """After a window: loads in in-flight seconds or tokens; capacities, in any unit, of all experts in the pool.

        Each expert's target is its capacity's part of the whole load. Who has no load was not asked; who has no
        capacity is no longer in the pool. Nothing moves in a window without load. ValueError for negative numbers.
        """
        names = tuple(sorted(capacities))
        load, room = (np.array([of.get(name, 0.0) for name in names]) for of in (loads, capacities))
        if (load < 0).any() or (room < 0).any() or not room.any():
            raise ValueError(f"loads and capacities must not be negative, nor all capacities 0: {loads}, {capacities}")
        if not load.any():
            return self
        target = load.sum() * room / room.sum()
        short = np.where(np.abs(target - load) <= self.slack * target, 0.0, np.sign(target - load))
        moved = _centred(self.bias(names) + self.step * short, self.limit)
        return replace(self, biases=dict(zip(names, moved.tolist(), strict=True)))


def _centred(biases: Array, limit: float) -> Array:
    """The nearest biases that sum to zero and lie within ±limit: shifted alike, then clipped (a bisection)."""
    low, high = float(biases.min()) - limit, float(biases.max()) + limit
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(biases - middle, -limit, limit).sum() > 0 else (low, middle)
    return np.clip(biases - (low + high) / 2, -limit, limit)
