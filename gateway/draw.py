"""Who goes first, and with what chance: as places in serving, as names in the record. Knows no query and no prices."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """`front` goes first, but for a share `explore` of the queries: then one of `among` (k,) does, each as likely.

    weights: (k,) chances of them then, adding up to 1, where they are not as likely; None where they are.
    """

    front: int
    among: Array
    explore: float
    weights: Array | None = None

    def first(self, random_: random.Random) -> tuple[int, float]:
        """The place to ask first and the probability with which it was drawn."""
        if self.explore <= 0:
            return self.front, 1.0
        if self.weights is None:
            first = random_.choice(self.among.tolist()) if random_.random() < self.explore else self.front
            return first, self.explore / len(self.among) + (1 - self.explore if first == self.front else 0.0)
        first = self._weighted(self.weights, random_) if random_.random() < self.explore else self.front
        return first, min(1.0, float(self.chances(int(max(self.front, self.among.max())) + 1)[first]))

    def _weighted(self, weights: Array, random_: random.Random) -> int:
        return int(random_.choices(self.among.tolist(), weights.tolist())[0])

    def chances(self, m: int) -> Array:
        """(m,) the probability of every place."""
        chances = np.zeros(m)
        if self.explore > 0:
            chances[self.among] = self.explore * (1 / len(self.among) if self.weights is None else self.weights)
        chances[self.front] += 1 - max(self.explore, 0.0)
        return chances


@dataclass(frozen=True, slots=True)
class Lot:
    """How it came about who goes first, complete enough to settle it again under another policy.

    behind: who was not drawn, being late or too likely wrong. pinned: who had the conversation; `locked` to it by the
    results of its own tool calls. generalist: who was best on average, where that was asked for. reference_usd: what a
    typical query cost at the dearest expert. seconds_left: until the deadline; None where there was none. least_chance:
    below it an expert was too likely wrong; None where none was. weights: by expert, the chances where one is drawn;
    None where all were as likely.
    """

    front: str
    explore: float
    reference_usd: float
    behind: tuple[str, ...] = ()
    pinned: str | None = None
    locked: bool = False
    generalist: str | None = None
    seconds_left: float | None = None
    least_chance: float | None = None
    weights: Mapping[str, float] | None = None

    def chances(self, experts: Sequence[str]) -> Array:
        """(m,) the probability with which each of these, who all might be asked, was to go first."""
        among = np.array([place for place, name in enumerate(experts) if name not in self.behind], dtype=np.intp)
        weights = None if self.weights is None else np.array([self.weights.get(experts[place], 0.0) for place in among])
        return Draw(experts.index(self.front), among, self.explore, weights).chances(len(experts))
