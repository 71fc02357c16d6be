"""What could have been chosen: of each (question, expert) if it is the best choice, rare, long. Knows no router."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.metrics.arena import Optimality, optimality
from eval.metrics.effort import tokens
from eval.metrics.luck import luck_floor
from eval.metrics.oracle_gap import oracle_scores, repeated_oracle
from eval.metrics.recall import rarely_right
from eval.metrics.shrunk_oracle import fitted_chances
from eval.routing.choice import Choice
from eval.routing.data import Trial
from gateway.wire.completion import CHARACTERS_PER_TOKEN
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Cells are (n, m), oracles (n,): naive, by the fitted chances, and by other draws of the same question.

    Unknown ones are NaN throughout. floor: what the naive oracle would reach by luck alone.
    """

    optimality: Optimality | None
    rare: Array
    tokens: Array
    naive: Array
    shrunk: Array
    repeated: Array
    floor: float | None


def pool_of(trial: Trial) -> Pool:
    scores, groups = trial.scores, trial.table.groups
    fitted = fitted_chances(scores, groups)
    chars = np.array([len(text) for text in trial.texts])
    return Pool(
        optimality=None if trial.costs is None else optimality(scores, trial.costs.spent),
        rare=rarely_right(scores),
        tokens=tokens(chars, trial.table.output_chars, CHARACTERS_PER_TOKEN),
        naive=oracle_scores(scores),
        shrunk=np.full(len(scores), np.nan) if fitted is None else oracle_scores(fitted),
        repeated=repeated_oracle(scores, groups),
        floor=luck_floor(scores),
    )


def columns_of(trial: Trial, pool: Pool, choice: Choice) -> dict[str, Array]:
    """What there is to average for one way of choosing, (n,) each; NaN where it answers nothing."""
    seen = ~np.isnan(choice.scores)
    oracles = {"oracle": pool.naive, "shrunk": pool.shrunk, "repeated": pool.repeated}
    columns = {
        "score": choice.scores,
        "rare": _of(trial, choice, pool.rare),
        "tokens": _of(trial, choice, pool.tokens),
        **{name: np.where(seen, column, np.nan) for name, column in oracles.items()},
        "score_repeated": np.where(np.isnan(pool.repeated), np.nan, choice.scores),
    }
    if choice.costs is not None and pool.optimality is not None:
        cells = pool.optimality
        columns |= {
            "cost": choice.costs,
            "right": _of(trial, choice, cells.right),
            "optimal": _of(trial, choice, cells.optimal),
            "cost_ratio": _of(trial, choice, cells.cost_ratio),
            "right_cost_ratio": _of(trial, choice, np.where(cells.right == 0, 0, cells.cost_ratio)),
        }
    return columns


def _of(trial: Trial, choice: Choice, cells: Array) -> Array:
    """(n,) the cells of those chosen; where lots are drawn, the mean of the measured ones."""
    if choice.places is not None:
        chosen: Array = cells[np.arange(len(cells)), choice.places]
        return chosen
    unknown = (trial.measured & np.isnan(cells)).any(axis=1)
    total = np.where(trial.measured, cells, 0).sum(axis=1)
    return np.where(unknown, np.nan, total / trial.measured.sum(axis=1))
