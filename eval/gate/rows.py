"""The rows of an evaluation: never and always looking, the oracle, and gates at each budget. Knows no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import Interval, interval, p_value, resampled_means
from routers.base import Array

NEVER, ALWAYS, ORACLE, GATE = "never", "always", "oracle", "gate"
COLD = "gate (cold start)"
BUDGETS = (0.1, 0.25, 0.5, 0.75, 1.0)
SURE = 0.05
Setting = tuple[str, float | None]
"""A row's name and budget."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """without, documented: (n,) scores. groups: (n,) numbers of the questions."""

    without: Array
    documented: Array
    groups: Array


@dataclass(frozen=True, slots=True)
class Row:
    """One line. budget: the greatest share of questions that may be looked up, None where there is none.

    helped, harmed: of those looked up, where documents raised or lowered the score. by_lot: the accuracy of looking up
    as many, drawn by lot. difference: to the better of never and always, paired; oracle_share: of what the oracle gains
    on it. verdict: better, worse, noise or same.
    """

    name: str
    budget: float | None
    n: int
    accuracy: float
    accuracy_interval: Interval | None
    retrieved_share: float
    helped: int
    harmed: int
    by_lot: float
    difference: float
    difference_interval: Interval | None
    p_value: float
    verdict: str
    oracle_share: float | None


def chosen(gains: Array, budget: float) -> Array:
    """(n,) bool: the greatest gains within the budget, and only those above 0; the earlier of two that are level."""
    most = int(budget * len(gains) + 1e-9)
    taken = np.zeros(len(gains), dtype=bool)
    taken[np.argsort(-gains, kind="stable")[:most]] = True
    return taken & (gains > 0)


def rows_of(
    trial: Trial, gates: Mapping[str, Array], budgets: Sequence[float], resamples: int, seed: int
) -> tuple[Row, ...]:
    """gates: the gains (n,) that each foretells. Everything is compared on the same resamples of questions."""
    n = len(trial.without)
    looks: dict[Setting, Array] = {(NEVER, None): np.zeros(n, dtype=bool), (ALWAYS, None): np.ones(n, dtype=bool)}
    looks[ORACLE, None] = trial.documented > trial.without
    looks.update({(name, budget): chosen(gains, budget) for name, gains in gates.items() for budget in budgets})
    scores = np.array([np.where(look, trial.documented, trial.without) for look in looks.values()]).T
    drawn = resampled_means(scores, trial.groups, resamples, seed)
    return tuple(_row(trial, list(looks.items())[k], k, scores, drawn) for k in range(len(looks)))


def _row(trial: Trial, looked: tuple[Setting, Array], k: int, scores: Array, drawn: Array) -> Row:
    (name, budget), look = looked
    means = scores.mean(axis=0)
    best = int(means[1] > means[0])
    change = (trial.documented - trial.without)[look]
    share, difference = float(look.mean()), float(means[k] - means[best])
    paired = drawn[:, k] - drawn[:, best]
    same = not np.any(scores[:, k] != scores[:, best])
    p = 1.0 if same else p_value(paired)
    ceiling = float(means[2] - means[best])
    return Row(
        name=name,
        budget=budget,
        n=len(scores),
        accuracy=float(means[k]),
        accuracy_interval=interval(drawn[:, k]),
        retrieved_share=share,
        helped=int((change > 0).sum()),
        harmed=int((change < 0).sum()),
        by_lot=float(means[0] + share * (means[1] - means[0])),
        difference=difference,
        difference_interval=interval(paired),
        p_value=p,
        verdict="same" if same else _verdict(difference, p),
        oracle_share=difference / ceiling if ceiling > 0 else None,
    )


def _verdict(difference: float, p: float) -> str:
    if p >= SURE:
        return "noise"
    return "better" if difference > 0 else "worse"
