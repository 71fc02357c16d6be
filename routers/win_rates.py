"""What an assignment needs, from a table: the pool's shrunk win rates on train, and what a map is worth on dev.

Knows no solver. Experts are compared on the questions that all of them answered: who was asked only easy ones would
look strong otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from routers.abilities import Ability, Rate
from routers.assignment import Pool
from routers.base import Array
from routers.categories import CATEGORIES, category_of
from routers.errors import TableError
from routers.table import Table


@dataclass(frozen=True, slots=True)
class Size:
    """Billions of parameters: used for one token, and altogether."""

    active: float
    total: float


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A pool measured on train. fields: (n,) the category, as a row of `pool`, of each dev question; scores: (n, M)."""

    pool: Pool
    fields: Array
    scores: Array
    questions: int
    """How many train questions the win rates come from."""

    def held_out(self, experts: tuple[str, ...]) -> Rate:
        """What a map (one expert per category) scored on dev, and the standard error of that mean."""
        columns = np.array([self.pool.experts.index(name) for name in experts])
        return _rate(self.scores[np.arange(len(self.scores)), columns[self.fields]])

    def best_single(self) -> str:
        """Who would take everything, by train."""
        return self.pool.experts[int((self.pool.shares @ self.pool.quality).argmax())]


def measure(table: Table, sizes: Mapping[str, Size]) -> Measured:
    """Win rates per category, shrunk toward each expert's mean; who has no size is left out.

    TableError where no question can be used.
    """
    columns = [m for m, name in enumerate(table.experts) if name in sizes]
    table = replace(table, experts=tuple(table.experts[m] for m in columns), outcomes=table.outcomes[:, columns])
    named = np.array([category_of(name) for name in table.categories])
    usable = (named != "") & ~np.isnan(table.outcomes).any(axis=1)
    train, dev = ([n for n in table.rows(split) if usable[n]] for split in ("train", "dev"))
    categories = tuple(name for name in CATEGORIES if name in set(named[train]))
    dev = [n for n in dev if named[n] in categories]
    if not train or not dev:
        counts = f"{len(train)} train and {len(dev)} dev questions of a known category"
        raise TableError(f"{counts} were answered by all {len(columns)} experts; name some with --experts")
    members = (named[train][:, None] == np.array(categories)).astype(np.float64)
    return Measured(
        pool=_pool(table, sizes, categories, members, train),
        fields=np.array([categories.index(name) for name in named[dev]]),
        scores=table.outcomes[dev],
        questions=len(train),
    )


def _pool(
    table: Table, sizes: Mapping[str, Size], categories: tuple[str, ...], members: Array, train: list[int]
) -> Pool:
    abilities = (Ability.measured(members, scores, categories) for scores in table.outcomes[train].T)
    return Pool(
        categories=categories,
        experts=table.experts,
        shares=members.mean(axis=0),
        quality=np.column_stack([ability.columns(categories)[0] for ability in abilities]),
        active=np.array([sizes[name].active for name in table.experts]),
        total=np.array([sizes[name].total for name in table.experts]),
    )


def _rate(scores: Array) -> Rate:
    return Rate(float(scores.mean()), float(scores.std(ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 1.0)
