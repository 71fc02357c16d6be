"""The routers and baselines that no artifact brings, fitted fold by fold on the questions they are judged on.

What a newcomer sees before anything was trained: whether routing would pay on his own table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from eval.routing.crossfit import Foretell, crossfitted, folds_of, one_thread
from eval.routing.data import Trial
from eval.routing.suite import TITLES, Kind, Suite
from eval.routing.yardsticks import TRUE_CATEGORY
from eval.watching import Watch
from routers.base import Array, Matrix, Router
from routers.blend import BlendRouter
from routers.category import CategoryRouter
from routers.cluster import ClusterRouter
from routers.constant import ConstantRouter
from routers.encoders.layout import Layout
from routers.linear import LinearRouter
from routers.neighbours import NeighboursRouter
from routers.shrinkage import shrunk

FITTED = " (cross-fitted)"
"""What stands behind the name of a row that was fitted on the questions it is judged on."""
BEST_SINGLE = TITLES["constant"] + FITTED
"""Expects the same of every question of a fold: how it ranks questions is the folds' doing, and says nothing."""
PER_CATEGORY = "constant per category"
STRENGTH = 20.0
"""So many scores an expert's overall mean weighs in each category, as in each cluster."""
FEWEST = 10
"""Groups of questions below which nothing is learned from them."""
TOO_FEW = f"whatever would be learned from these questions: {FEWEST} different ones are needed"
ROUTERS = ("category", "linear", "blend")
"""Those cheap enough to be fitted many times over; the blend is of the other two and kNN."""
BASELINES = ("constant", "neighbours", "cluster")


@dataclass(frozen=True, slots=True, eq=False)
class Foretold:
    """Expected quality (n, m), by whom; kind: what it is called in the report."""

    title: str
    kind: Kind
    mean: Array


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """One table and the rows of its questions, cut into folds."""

    trial: Trial
    X: Matrix
    layout: Layout
    folds: Array
    seed: int

    def router(self, name: str) -> Foretold:
        maker = _makers(self.layout, self.seed)[name]
        kind: Kind = "router" if name in ROUTERS else "baseline"
        return Foretold(TITLES.get(name, name) + FITTED, kind, self._mean(_by_router(maker, self.X, self.trial)))

    def predicted_category(self, chances: Array) -> Foretold:
        """The best expert of the likeliest category."""
        return Foretold(PER_CATEGORY + FITTED, "baseline", self._mean(_by_members(_hardened(chances), self.trial)))

    def true_category(self) -> Foretold:
        """The best expert of the true category, which only an oracle knows; who is best is learned elsewhere."""
        names = np.array([name.strip().lower() for name in self.trial.table.categories])
        members = np.eye(len(set(names.tolist())))[np.unique(names, return_inverse=True)[1]]
        return Foretold(TRUE_CATEGORY + FITTED, "oracle", self._mean(_by_members(members, self.trial)))

    def _mean(self, foretell: Foretell) -> Array:
        return crossfitted(self.trial.scores, self.folds, foretell)


def enough(trial: Trial) -> bool:
    """Whether anything can be learned from these questions."""
    return len(np.unique(trial.table.groups)) >= FEWEST


def folded(
    trial: Trial, suite: Suite, X: Matrix, there: Collection[str], seed: int, watch: Watch
) -> tuple[Foretold, ...]:
    """All that belongs in the table and is not `there`, by the suite's names; routers only where it has none at all."""
    one = Folded(trial, X, suite.layout, folds_of(trial.table.groups, seed=seed), seed)
    names = [name for name in (*(() if suite.routers else ROUTERS), *BASELINES) if name not in there]
    found = []
    with one_thread() if names else nullcontext():
        for k, name in enumerate(names):
            watch(f"fitting {name} fold by fold", k / len(names))
            found.append(one.router(name))
    if "category" not in there:
        found.append(one.predicted_category(suite.category_chances(X)[0]))
    if any(name.strip() for name in trial.table.categories):
        found.append(one.true_category())
    return tuple(found)


def by_category(router: Router, suite: Suite, X: Matrix) -> Foretold:
    """The best expert of the likeliest category, by the abilities that an artifact's category router has learned."""
    chances, names = suite.category_chances(X)
    rows = np.array(X, dtype=np.float64)
    rows[:, rows.shape[1] - len(names) :] = _hardened(chances)
    return Foretold(PER_CATEGORY, "baseline", router.predict(rows).mean)


def _hardened(chances: Array) -> Array:
    """(n, K): 1 for the likeliest."""
    members: Array = np.eye(chances.shape[1])[chances.argmax(axis=1)]
    return members


def _by_router(maker: Callable[[], Router], X: Matrix, trial: Trial) -> Foretell:
    def foretell(rest: Array, part: Array, seen: Array) -> Array:
        names = [trial.experts[place] for place in seen]
        return maker().fit(X[rest], trial.scores[np.ix_(rest, seen)], names).predict(X[part]).mean

    return foretell


def _by_members(members: Array, trial: Trial) -> Foretell:
    def foretell(rest: Array, part: Array, seen: Array) -> Array:
        means, _ = shrunk(members[rest], trial.scores[np.ix_(rest, seen)], STRENGTH)
        expected: Array = members[part] @ means
        return expected

    return foretell


def _makers(layout: Layout, seed: int) -> Mapping[str, Callable[[], Router]]:
    """As they are trained for an artifact (`routers.training.prototypes`)."""
    width, categories = layout.embedding, layout.categories
    parts = (CategoryRouter(categories), LinearRouter(), NeighboursRouter(width=width))
    return {
        "constant": ConstantRouter,
        "neighbours": lambda: NeighboursRouter(width=width),
        "cluster": lambda: ClusterRouter(width=width, seed=seed),
        "category": lambda: CategoryRouter(categories),
        "linear": LinearRouter,
        "blend": lambda: BlendRouter(parts, seed=seed),
    }
