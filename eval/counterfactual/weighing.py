"""A target over learned logs: its weights, what the model expects of it, and what the logs cannot know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.counterfactual.learned import Learned
from eval.counterfactual.propensities import squared_weights
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """values: (n,), whose mean is the estimate. weights: (n,) what an outcome counts in them.

    below, above: how far off the mean may be beside chance, by what no outcome told. swelling: how much larger the
    variance is than the values' own scatter tells.
    """

    values: Array
    weights: Array
    below: float
    above: float
    swelling: float = 1.0
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """chances: (n, m). weight: (n,) target over logging policy. outside: (n, m) bool, where no outcome can tell."""

    learned: Learned
    chances: Array
    weight: Array
    outside: Array

    @property
    def modelled(self) -> Array:
        """(n,) the outcome that the model expects of the target."""
        modelled: Array = (self.chances * self.learned.expected).sum(axis=1)
        return modelled

    @property
    def mass(self) -> float:
        """The share of the target's mass on who could not be drawn, or never was."""
        return float((self.chances * self.outside).sum(axis=1).mean())

    @property
    def unseen(self) -> tuple[float, float]:
        """How far the model's word for those may be from the least and from the most that an outcome can be."""
        mass, said, most = self.chances * self.outside, self.learned.expected, self.learned.logs.high
        return float((mass * said).sum(axis=1).mean()), float((mass * (most - said)).sum(axis=1).mean())

    @property
    def luck(self) -> float:
        """How much larger squared weights are to be expected than came up: rare heavy ones often do not."""
        squares = squared_weights(self.learned.logs, self.chances)
        told = ~np.isnan(squares)
        found = float((self.weight[told] ** 2).sum())
        return max(1.0, float(squares[told].sum()) / found) if found > 0 else 1.0

    def mass_above(self, most: float) -> float:
        """The share of the target's mass with a weight above `most`; by drawn weights where others are not known."""
        explored = self.learned.logs.explored
        with np.errstate(invalid="ignore"):
            heavy = np.where(self.chances > most * explored, self.chances, 0.0).sum(axis=1)
        drawn = np.where(self.weight > most, self.weight, 0.0)
        return min(1.0, float(np.where(np.isnan(explored).any(axis=1), drawn, heavy).mean()))


def weighing(learned: Learned, chances: Array) -> Weighing:
    """chances: (n, m) of the target on the usable rows."""
    logs = learned.logs
    return Weighing(learned, chances, logs.weights(chances), logs.outside(chances))
