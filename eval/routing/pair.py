"""A strong and a weak expert, which RouteLLM's figures need: who they are, and what a router trades between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import resampled_weights
from eval.metrics.routellm import apgr, cpt, curve
from eval.routing.data import Trial
from eval.routing.means import Figure, Resampling, figure_of
from eval.routing.yardsticks import Yardsticks
from routers.base import Array

RECOVERED = (0.5, 0.8)
CURVES = 400
"""Of so many resamples a curve is drawn: it is slow, and 400 tell an interval well enough."""


@dataclass(frozen=True, slots=True)
class Pair:
    """strong, weak: names; why: in words, or why there is no such pair. strong_at, weak_at: where their means stand."""

    strong: str
    weak: str
    why: str
    known: bool
    strong_at: int
    weak_at: int


@dataclass(frozen=True, slots=True)
class Traded:
    """What a router's expectations are worth for choosing between the two, at every threshold."""

    apgr: Figure
    cpt_50: Figure
    cpt_80: Figure

    def figures(self) -> dict[str, Figure]:
        return {"apgr": self.apgr, "cpt_50": self.cpt_50, "cpt_80": self.cpt_80}


def pair_of(trial: Trial, yardsticks: Yardsticks, first: int) -> Pair:
    """The best single expert and the cheapest one; the worst where costs are unknown, or the best is the cheapest.

    first: where the means of the first single expert stand.
    """
    strong = trial.experts.index(yardsticks.best_expert)
    qualities = np.array([one.accuracy for one in yardsticks.singles])
    weak, why = int(qualities.argmin()), "the best and the worst single expert"
    if yardsticks.frontier is not None and int(yardsticks.frontier.costs.argmin()) != strong:
        weak, why = int(yardsticks.frontier.costs.argmin()), "the best and the cheapest single expert"
    known = bool(qualities[strong] > qualities[weak])
    if not known:
        why = "no expert is better than another"
    return Pair(trial.experts[strong], trial.experts[weak], why, known, first + strong, first + weak)


def traded(
    trial: Trial, yardsticks: Yardsticks, pair: Pair, means: Mapping[str, Array], drawn: Resampling
) -> dict[str, Traded]:
    """By router, of its expected quality (n, m): the strong expert first gets where it promises the most more."""
    if not pair.known or not means:
        return {}
    strong, weak = trial.experts.index(pair.strong), trial.experts.index(pair.weak)
    scores = yardsticks.singles[weak].scores, yardsticks.singles[strong].scores
    wanted = {name: np.nan_to_num(mean[:, strong] - mean[:, weak]) for name, mean in means.items()}
    found: dict[str, list[Array]] = {name: [] for name in wanted}
    for _, weights in resampled_weights(trial.table.groups, min(drawn.resamples, CURVES), drawn.seed):
        for name, preference in wanted.items():
            found[name].append(_values(preference, *scores, weights))
    return {
        name: Traded(*map(figure_of, _values(preference, *scores, None), np.concatenate(found[name], axis=1)))
        for name, preference in wanted.items()
    }


def _values(preference: Array, weak: Array, strong: Array, weights: Array | None) -> Array:
    """(3,) or (3, b): APGR and the two CPTs."""
    one = curve(preference, weak, strong, weights)
    return np.stack([apgr(one), *(cpt(one, recovered) for recovered in RECOVERED)])
