"""What every row of an evaluation is made from: columns, their means in shared resamples, what stands against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.routing.choice import Choice
from eval.routing.data import Trial
from eval.routing.datasets import ByDataset, by_dataset
from eval.routing.folded import BEST_SINGLE
from eval.routing.means import Figure, Key, Means, Resampling, means_of
from eval.routing.pair import Pair, Traded, pair_of, traded
from eval.routing.pool import Pool, columns_of, pool_of
from eval.routing.sweep import Points, points_of
from eval.routing.yardsticks import Yardsticks
from routers.base import Array

SWEPT = ("score", "cost")
"""What is averaged of a setting of the knob: of hundreds of them, the rest would take minutes."""
ORACLES = ("naive", "shrunk", "repeated")
DRAWS = "random"
"""The baseline that draws lots, between the strong and the weak expert too."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """What a choice with hindsight reaches: naively; by fitted chances; where the same question was asked again.

    repeated_n: of so many questions. luck_floor: what the naive one would reach if no expert were better at anything
    in particular. See `eval.metrics.oracle_gap`, `shrunk_oracle` and `luck`.
    """

    naive: Figure
    shrunk: Figure
    repeated: Figure
    repeated_n: int
    luck_floor: float | None


@dataclass(frozen=True, slots=True)
class Against:
    """What a row's figures are held against, so that they can be read."""

    pair: Pair
    datasets: tuple[str, ...]
    oracle: Oracle


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Choices, then the single experts on all questions, numbered through: so their means are keyed.

    datasets: of the choices without a setting, in their order. singles: None where costs are not known.
    """

    trial: Trial
    choices: tuple[Choice, ...]
    yardsticks: Yardsticks
    expected: Mapping[str, Array]
    resampling: Resampling
    means: Means
    datasets: ByDataset
    trades: Mapping[str, Traded]
    singles: Points | None
    against: Against

    @property
    def first(self) -> int:
        """Where the single experts begin."""
        return len(self.choices)


def ground_of(
    trial: Trial, choices: Sequence[Choice], yardsticks: Yardsticks, expected: Mapping[str, Array], drawn: Resampling
) -> Ground:
    """expected: by the name of a router, the quality (n, m) it expects."""
    pool, first = pool_of(trial), len(choices)
    means = means_of(_columns(trial, pool, choices, yardsticks), trial.table.groups, drawn)
    headlines = [choice for choice in choices if choice.thrift is None]
    datasets = by_dataset(trial, headlines, yardsticks, pool.naive, drawn)
    pair = pair_of(trial, yardsticks, first)
    wanted = {name: mean for name, mean in expected.items() if name != BEST_SINGLE}
    wanted[DRAWS] = np.zeros_like(trial.scores)
    return Ground(
        trial,
        tuple(choices),
        yardsticks,
        expected,
        drawn,
        means,
        datasets,
        traded(trial, yardsticks, pair, wanted, drawn),
        points_of(means, range(first, first + len(trial.experts))),
        Against(pair, datasets.names, _oracle(means, pool, first + len(yardsticks.singles))),
    )


def _columns(trial: Trial, pool: Pool, choices: Sequence[Choice], yardsticks: Yardsticks) -> dict[Key, Array]:
    """Of the choices, then the single experts; the oracles' last."""
    last = len(choices) + len(yardsticks.singles)
    columns = {(last, name): getattr(pool, name) for name in ORACLES}
    for k, choice in enumerate((*choices, *yardsticks.singles)):
        found = columns_of(trial, pool, choice)
        swept = choice.thrift is not None or k >= len(choices)
        columns |= {(k, name): column for name, column in found.items() if not swept or name in SWEPT}
        if k < len(choices):
            columns[k, "ahead"] = choice.scores - yardsticks.best.scores
    return columns


def _oracle(means: Means, pool: Pool, at: int) -> Oracle:
    naive, shrunk, repeated = (means.figure(np.asarray, (at, name)) for name in ORACLES)
    return Oracle(naive, shrunk, repeated, int(np.sum(~np.isnan(pool.repeated))), pool.floor)
