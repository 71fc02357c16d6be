"""Regions in which other experts deserve to be asked: a tree over contexts, grown where it demonstrably pays.

After Expertise Trees (ICML 2023): each leaf keeps its own account of every expert, and a leaf is split where its halves
would choose different experts and the gain is significant by an empirical Bernstein bound (Maurer and Pontil, 2009,
theorem 4) or, where answers are few, by Hoeffding's. It is grown anew from all observations at hand: the same ones,
however they arrived, give the same tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from routers.base import Array
from routers.online.context import CATEGORY, FLAGS, NUMBERS, Context, Split
from routers.online.observations import Observations
from routers.online.posterior import Posterior, Sums

DEPTH = 4
"""At most 16 regions."""
LEAST = 50.0
"""Judged answers on either side of a split."""
LEAST_OF_EXPERT = 20.0
"""Judged answers of an expert before a region is made for it."""
ERROR = 0.1
"""The chance that one leaf is split in vain."""
BOUNDS = 2
"""By which a gain may be sure."""
QUANTILES = np.linspace(0, 1, 9)[1:-1]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A region. `answers`: the weight of what was judged in it. Without `split` a leaf."""

    region: str
    posterior: Posterior
    answers: float
    split: Split | None = None
    yes: Node | None = None
    no: Node | None = None

    def leaf(self, context: Context) -> Node:
        """The region that a query is in."""
        node = self
        while node.split is not None and node.yes is not None and node.no is not None:
            node = node.yes if node.split.holds(context) else node.no
        return node

    def leaves(self) -> Iterator[Node]:
        if self.yes is None or self.no is None:
            yield self
            return
        yield from self.yes.leaves()
        yield from self.no.leaves()

    def places(self, observations: Observations) -> Array:
        """(n,) in which of the leaves, in their order, each observation is."""
        if self.split is None or self.yes is None or self.no is None:
            return np.zeros(len(observations), dtype=np.intp)
        side = _side(observations, self.split)
        found = np.empty(len(observations), dtype=np.intp)
        found[side] = self.yes.places(observations.at(side))
        found[~side] = self.no.places(observations.at(~side)) + sum(1 for _ in self.yes.leaves())
        return found

    def as_json(self, experts: tuple[str, ...]) -> list[dict[str, Any]]:
        """Each leaf with the correction of every expert and how sure it is."""
        return [
            {
                "region": leaf.region,
                "answers": leaf.answers,
                "correction": dict(zip(experts, leaf.posterior.mean.tolist(), strict=True)),
                "std": dict(zip(experts, leaf.posterior.std.tolist(), strict=True)),
            }
            for leaf in self.leaves()
        ]


EVERYWHERE = "all queries"


def grow(observations: Observations) -> Node:
    """The tree over all of them."""
    root = Posterior.general(Sums.of(observations))
    return _grown(observations, root, (), DEPTH)


def _grown(here: Observations, posterior: Posterior, path: tuple[str, ...], depth: int) -> Node:
    region, answers = ", ".join(path) or EVERYWHERE, float(here.weight.sum())
    split = best_split(here, posterior) if depth else None
    if split is None:
        return Node(region, posterior, answers)
    side = _side(here, split)
    yes, no = (
        _grown(part, posterior.within(Sums.of(part)), (*path, split.words(holds)), depth - 1)
        for part, holds in ((here.at(side), True), (here.at(~side), False))
    )
    return Node(region, posterior, answers, split, yes, no)


def best_split(here: Observations, posterior: Posterior) -> Split | None:
    """The one whose halves would gain most by choosing for themselves; None where no gain is significant."""
    splits = [split for split in _candidates(here) if _balanced(here, split)]
    if not splits:
        return None
    choice = _choice(here, posterior)
    level = np.log(2 * BOUNDS * len(splits) * len(here.experts) / ERROR)
    gains = [_gain(here, _side(here, split), choice, level) for split in splits]
    best = int(np.argmax(gains))
    return splits[best] if gains[best] > 0 else None


def _candidates(here: Observations) -> Iterator[Split]:
    for name in np.unique(here.category).tolist():
        yield Split(CATEGORY, name)
    for k, feature in enumerate(NUMBERS):
        if feature in FLAGS:
            yield Split(feature, 0.5)
            continue
        for threshold in np.unique(np.quantile(here.numbers[:, k], QUANTILES)).tolist() if len(here) else ():
            yield Split(feature, threshold)


def _balanced(here: Observations, split: Split) -> bool:
    inside = float(here.weight[_side(here, split)].sum())
    return min(inside, float(here.weight.sum()) - inside) >= LEAST


def _side(here: Observations, split: Split) -> Array:
    """(n,) bool: where the split holds."""
    if split.feature == CATEGORY:
        return np.asarray(here.category == split.value)
    return np.asarray(here.numbers[:, NUMBERS.index(split.feature)] > split.value)


def _choice(here: Observations, posterior: Posterior) -> int:
    """The column of who is worth most in this region as a whole."""
    return int(np.argmax(worth(here) + posterior.mean))


def worth(here: Observations) -> Array:
    """(m,) foretold quality less price, on average over the queries each could have been asked; -inf where none."""
    able = ~np.isnan(here.score)
    weight = here.weight @ able
    total = here.weight @ np.where(able, here.score - here.price, 0.0)
    found: Array = np.divide(total, weight, out=np.full(len(weight), -np.inf), where=weight > 0)
    return found


def _gain(here: Observations, side: Array, choice: int, level: float) -> float:
    """What both halves gain at least by choosing for themselves, as a mean over all queries of the region."""
    total = float(here.weight.sum())
    gained = 0.0
    for half in (side, ~side):
        part = here.at(half)
        gained += float(part.weight.sum()) / total * _surely_better(part, choice, level)
    return gained


def _surely_better(part: Observations, choice: int, level: float) -> float:
    """By how much whoever is best in this part beats the choice for the whole, at least; 0 where that is not sure.

    The two means are of independent answers, so their variances add up; |residual| <= 1 about its mean.
    """
    sums = Sums.of(part)
    if sums.weight[choice] < LEAST_OF_EXPERT:
        return 0.0
    known = sums.weight >= LEAST_OF_EXPERT
    value = np.where(known, worth(part) + sums.mean, -np.inf)
    variance = np.divide(sums.squares, sums.weight, out=np.zeros_like(value), where=known) - sums.mean**2
    per_answer = np.divide(np.maximum(variance, 0), sums.weight, out=np.zeros_like(value), where=known)
    fewest = np.minimum(sums.weight, sums.weight[choice])
    bernstein = np.sqrt(2 * (per_answer + per_answer[choice]) * level) + 7 * level / (3 * np.maximum(fewest - 1, 1))
    hoeffding = np.sqrt(level / 2 * (1 / np.maximum(sums.weight, 1) + 1 / sums.weight[choice]))
    radius = np.minimum(bernstein, hoeffding)
    sure = np.where(known, value - value[choice] - radius, 0.0)
    sure[choice] = 0.0
    return max(0.0, float(sure.max()))
