"""Answers that somebody judged, as arrays: what everything here is learned from. Knows no record and no clock."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """n answers (rows) in the order in which they were judged, m experts (columns).

    category: (n,) names. numbers: (n, k) in the order of `context.NUMBERS`. score: (n, m) what the router itself said
    of each, NaN of whoever could not have been asked. price: (n, m) what each was expected to cost, in quality.
    served: (n,) the column of who answered. reward: (n,) in [0, 1]. weight: (n,) in (0, 1], less for what is old.
    """

    experts: tuple[str, ...]
    category: Array
    numbers: Array
    score: Array
    price: Array
    served: Array
    reward: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.reward)

    @property
    def residual(self) -> Array:
        """(n,) how much better than foreseen the answer was."""
        found: Array = self.reward - self.score[np.arange(len(self)), self.served]
        return found

    def at(self, rows: Array) -> Observations:
        """These rows alone."""
        parts = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "experts"}
        return Observations(self.experts, **parts)
