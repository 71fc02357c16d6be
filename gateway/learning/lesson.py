"""What feedback has taught about one query: carried by its estimates, heeded by the policy, kept in the record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from routers.base import Array
from routers.online.bandit import exploring
from routers.online.guard import guarded, held_back


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Arrays are (m,) in the order of the estimates.

    teacher: the policy whose learning it is. raw: the scores before feedback corrected them. std: of the corrections.
    baseline: the place of the best single expert; None where it may not be asked, or nobody knows it. explore: what
    share of queries may go to somebody else than the best. left_usd: what exploring may still cost today. careful:
    choosing has not paid in this region. paused: nor over all queries, so that nothing is explored. region, answers:
    where the query belongs, and how many judged answers that stands on. versions: of each expert, as it is configured.
    """

    teacher: str
    raw: Array
    std: Array
    baseline: int | None
    explore: float
    left_usd: float = math.inf
    careful: bool = False
    paused: bool = False
    region: str = ""
    answers: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of queries that explore now."""
        return 0.0 if self.paused or self.left_usd <= 0 else self.explore

    def guarded(self, value: Array) -> Array:
        """The values (m,) to choose by: where care is due, nobody before the baseline whose worth is not as certain."""
        if self.baseline is None or not self.careful:
            return value
        return guarded(value, held_back(value, self.std, self.baseline), self.baseline)

    def weights(self, front: int, among: Array, value: Array, cost_usd: Array) -> Array | None:
        """(k,) the chances with which an exploring query goes to each of these places (k,); None without the front.

        Only to those whose price the budget still holds; to the front where there is nobody else.
        """
        [at] = np.flatnonzero(among == front)[:1] if front in among else [None]
        if at is None:
            return None
        affordable = cost_usd[among] - cost_usd[front] <= self.left_usd
        return exploring(value[among], self.std[among], int(at), affordable & ~np.isnan(value[among]))
