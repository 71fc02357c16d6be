"""All that observations teach: trust, the tree of corrections, the best single expert, and whether learning has paid.

A pure function of the set of observations, so that whoever has the same ones has learned the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from routers.base import Array
from routers.online.context import Context
from routers.online.guard import lower, surplus
from routers.online.observations import Observations
from routers.online.posterior import EXPECTED, Posterior
from routers.online.tree import EVERYWHERE, Node, grow, worth
from routers.online.trust import Trust

ENOUGH = 50.0
"""As many judged answers tell whether choosing has paid."""
RECENT = 1000
"""The newest answers tell whether it pays: what was lost before is no reason to go on losing, nor to learn no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Of one query: scores (m,), the standard deviation of what was added to them (m,), and where that comes from.

    careful: choosing has not paid in this region, so that nobody goes before the best single expert on trust.
    """

    score: Array
    std: Array
    region: str
    answers: float
    careful: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """baseline: the best single expert by its lower bound; None where nothing was seen.

    surplus: by how much at most the newest answers were worth more than the baseline surely had been, see `guard`.
    unpaid: the regions where that is below 0.
    """

    experts: tuple[str, ...]
    tree: Node | None = None
    trust: Trust | None = None
    baseline: str | None = None
    surplus: float = 0.0
    unpaid: frozenset[str] = frozenset()
    answers: float = 0.0

    @property
    def paused(self) -> bool:
        """The answers as a whole were worth less than the best single expert's would surely have been."""
        return self.surplus < 0 and self.answers >= ENOUGH

    @property
    def regions(self) -> int:
        """How many have corrections of their own; 0 where nothing was seen."""
        return 0 if self.tree is None else sum(1 for _ in self.tree.leaves())

    def corrected(self, context: Context, raw: Array, places: Array) -> Corrected:
        """Of raw scores (k,) of the experts at these places (k,); the scores themselves where nothing was seen."""
        if self.tree is None or self.trust is None:
            return Corrected(raw, np.full(len(raw), EXPECTED), EVERYWHERE, 0.0)
        leaf = self.tree.leaf(context)
        mean, std = leaf.posterior.mean[places], leaf.posterior.std[places]
        score = np.clip(self.trust.at(places).applied(raw) + mean, 0.0, 1.0)
        return Corrected(score, std, leaf.region, leaf.answers, self.paused or leaf.region in self.unpaid)

    def as_json(self) -> dict[str, Any]:
        return {
            "answers": self.answers,
            "trust": None if self.trust is None else self.trust.slope,
            "baseline": self.baseline,
            "surplus": self.surplus,
            "regions": [] if self.tree is None else self.tree.as_json(self.experts),
            "unpaid": sorted(self.unpaid),
        }


def learn(observations: Observations) -> Learned:
    """From these observations; from none, a state that changes nothing."""
    experts = observations.experts
    if not len(observations) or not experts:
        return Learned(experts)
    trust = Trust.of(observations)
    trusted = replace(observations, score=trust.applied(observations.score))
    tree = grow(trusted)
    baseline = best_single(trusted, tree.posterior)
    paid = _Paid.of(trusted, tree, baseline)
    answers = float(observations.weight.sum())
    return Learned(experts, tree, trust, experts[baseline], paid.overall, paid.unpaid(), answers)


def best_single(observations: Observations, general: Posterior) -> int:
    """The column of whoever is worth most at least, asked everything."""
    return int(np.argmax(lower(worth(observations) + general.mean, general.std)))


@dataclass(frozen=True, slots=True, eq=False)
class _Paid:
    """leaf: (n,) places. brought, floor: (n,) what each answer was worth, and what the baseline's surely had been."""

    regions: tuple[str, ...]
    leaf: Array
    brought: Array
    floor: Array
    weight: Array

    @classmethod
    def of(cls, observations: Observations, tree: Node, baseline: int) -> _Paid:
        leaves, leaf = list(tree.leaves()), tree.places(observations)
        mean = np.array([each.posterior.mean[baseline] for each in leaves])
        std = np.array([each.posterior.std[baseline] for each in leaves])
        value = observations.score[:, baseline] - observations.price[:, baseline] + mean[leaf]
        brought = observations.reward - observations.price[np.arange(len(leaf)), observations.served]
        regions = tuple(each.region for each in leaves)
        return cls(regions, leaf, brought, lower(value, std[leaf]), observations.weight)

    @property
    def overall(self) -> float:
        return self._surplus(np.arange(len(self.brought)))

    def unpaid(self) -> frozenset[str]:
        """The regions in which choosing has brought less."""
        return frozenset(name for place, name in enumerate(self.regions) if self._lost(place))

    def _lost(self, place: int) -> bool:
        here = np.flatnonzero(self.leaf == place)
        return float(self.weight[here].sum()) >= ENOUGH and self._surplus(here) < 0

    def _surplus(self, rows: Array) -> float:
        recent = rows[-RECENT:]
        return surplus(self.brought[recent], self.floor[recent], self.weight[recent])
