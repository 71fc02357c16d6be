"""What an evaluation knows question by question, for whoever looks closer: the plots. Sums nothing up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from eval.routing.choice import Choice
from eval.routing.data import Trial
from eval.routing.suite import Suite
from eval.routing.yardsticks import Frontier
from routers.base import Array, Matrix
from routers.categories import ACADEMIC
from routers.corpus import reference_source
from routers.irt.router import IrtRouter


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """truth, predicted: (k,) names, of the questions of the fourteen academic categories, rows (k,) of the trial."""

    rows: Array
    truth: Array
    predicted: Array


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Item response theory over these questions, in calibrated log odds to the average expert of the training.

    difficulties: (n,). abilities, errors: (m,) of the trial's experts, how much better each is than the average one on
    these questions, and the standard deviation of what is believed of that. router: whose reading this is.
    """

    router: str
    difficulties: Array
    abilities: Array
    errors: Array


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """means: (n, m) expected quality, by a router's title. choices: all that were compared, at every setting.

    frontier: of the single experts, None where costs are unknown.
    """

    means: Mapping[str, Array] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    categories: Categories | None = None
    items: Items | None = None
    frontier: Frontier | None = None


def categories_of(trial: Trial, suite: Suite, X: Matrix) -> Categories | None:
    """Of the source that names our categories itself; None where no question has one of the fourteen."""
    reference = reference_source(trial.table)
    truth = [name.strip().lower() for name in trial.table.categories]
    named = zip(truth, trial.table.sources, strict=True)
    rows = np.flatnonzero([name in ACADEMIC and source == reference for name, source in named])
    if not len(rows):
        return None
    chances, names = suite.category_chances(X[rows])
    return Categories(rows, np.array(truth)[rows], np.array(names)[chances.argmax(axis=1)])


def items_of(trial: Trial, suite: Suite, X: Matrix) -> Items | None:
    """By the suite's first router of item response theory that knows all experts; None where it has none.

    Log odds are s·(alpha·theta_m - beta) + o = s·alpha·(theta_m - mu) - (s·(beta - alpha·mu) - o): an ability, averaged
    over the questions, less a difficulty.
    """
    for name, router in suite.routers.items():
        if isinstance(router, IrtRouter) and set(trial.experts) <= set(router.experts_):
            own = router.select(trial.experts)
            alpha, beta = own.query_side(X)
            scale, offset = own.link_.scale_, own.link_.offset_
            mean = scale * alpha.mean(axis=0)
            difficulties = scale * (beta - alpha @ own.prior_mean_) - offset
            errors = np.sqrt(np.einsum("i,mij,j->m", mean, own.cov_, mean))
            return Items(name, difficulties, (own.theta_ - own.prior_mean_) @ mean, errors)
    return None
