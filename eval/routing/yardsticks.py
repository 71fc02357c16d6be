"""What every router is held against: each single expert, chance, the zero router, and oracles who know the outcomes.

Computed from the outcomes alone. The baselines that learn come with the artifact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.metrics.aiq import aiq
from eval.routing.choice import Choice, chosen, mixed
from eval.routing.data import Trial
from eval.routing.pick import picks
from routers.base import Array
from routers.hull import Hull, hull

SINGLE = "single:"
ZERO = "zero router"
HINDSIGHT, TRUE_CATEGORY = "best single (hindsight)", "true category"


@dataclass(frozen=True, slots=True, eq=False)
class Yardsticks:
    """choices: in the order of the report. best: the best single expert in hindsight, what others are compared with.

    singles: each expert on all questions, a stand-in where it has no outcome, in the trial's order.
    absent: on how many questions it has no outcome, so that a stand-in answers. frontier: None where costs are unknown.
    """

    choices: tuple[Choice, ...]
    singles: tuple[Choice, ...]
    best: Choice
    best_expert: str
    absent: int
    frontier: Frontier | None


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """What mixtures of single experts reach: the mean cost and quality of each, and their hull. Its ends are AIQ's."""

    costs: Array
    qualities: Array
    hull: Hull

    @property
    def ends(self) -> tuple[float, float]:
        return float(self.costs.min()), float(self.costs.max())

    def aiq(self, costs: Array, qualities: Array) -> float | None:
        """Of a router's settings; sending everything to the cheapest expert is a setting that any router has."""
        cheapest = int(self.costs.argmin())
        points = np.append(costs, self.costs[cheapest]), np.append(qualities, self.qualities[cheapest])
        return aiq(*points, *self.ends)


def yardsticks(trial: Trial) -> Yardsticks:
    """All of them; the best single expert is chosen with hindsight, which is harder to beat than one chosen before."""
    singles = tuple(_single(trial, m) for m in range(len(trial.experts)))
    everywhere = tuple(_everywhere(trial))
    place = int(np.argmax([one.accuracy for one in everywhere]))
    best = everywhere[place]
    zero = replace(best, name=ZERO, kind="baseline")
    categorised = any(name.strip() for name in trial.table.categories)
    oracles = (best, *((_category_oracle(trial),) if categorised else ()), _query_oracle(trial))
    return Yardsticks(
        choices=(mixed(trial, "random", "baseline"), zero, *oracles, *singles),
        singles=everywhere,
        best=best,
        best_expert=trial.experts[place],
        absent=int(np.sum(~trial.measured[:, place])),
        frontier=_frontier(everywhere),
    )


def _single(trial: Trial, place: int) -> Choice:
    """One expert on the questions it was measured on."""
    name = f"{SINGLE}{trial.experts[place]}"
    return chosen(trial, name, "baseline", np.full(len(trial.texts), place))


def _everywhere(trial: Trial) -> Iterator[Choice]:
    """Each expert on all questions, so that they can be compared: where it has no outcome, the best that has one.

    Who is best is told by how much better an expert is than all on the questions it answered: on another set of
    questions it need not have been the better one, only the luckier.
    """
    lead = trial.scores - np.nanmean(trial.scores, axis=1, keepdims=True)
    stand_ins = picks(trial, np.broadcast_to(np.nanmean(lead, axis=0), lead.shape))
    for place in range(len(trial.experts)):
        places = np.where(trial.measured[:, place], place, stand_ins)
        yield chosen(trial, HINDSIGHT, "oracle", places)


def _frontier(singles: Sequence[Choice]) -> Frontier | None:
    costs = np.array([np.nan if single.cost is None else single.cost for single in singles])
    if np.isnan(costs).any():
        return None
    qualities = np.array([single.accuracy for single in singles])
    return Frontier(costs, qualities, hull(costs, qualities))


def _category_oracle(trial: Trial) -> Choice:
    """The best expert of each question's true category, both known with hindsight."""
    names = [category.strip().lower() for category in trial.table.categories]
    _, codes = np.unique(np.array(names), return_inverse=True)
    sums = np.zeros((codes.max() + 1, len(trial.experts)))
    counts = np.zeros_like(sums)
    np.add.at(sums, codes, np.where(trial.measured, trial.scores, 0))
    np.add.at(counts, codes, trial.measured)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return chosen(trial, TRUE_CATEGORY, "oracle", picks(trial, means[codes]))


def _query_oracle(trial: Trial) -> Choice:
    """The best expert of each question, the cheapest of those where costs are known."""
    scores = np.where(trial.measured, trial.scores, -np.inf)
    best = scores == scores.max(axis=1, keepdims=True)
    price = np.zeros_like(scores) if trial.costs is None else trial.costs.spent
    return chosen(trial, "query oracle", "oracle", np.where(best, price, np.inf).argmin(axis=1))
