"""What choosing questions saves, played on recorded outcomes whose truth is known. Reads no file and prints nothing.

Two models that followed one another stand for the two versions of one expert.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from eval.changes.asking import ask_again
from eval.changes.change import Change, change_between
from eval.changes.draws import Draws
from eval.changes.rows import measures
from eval.metrics.bootstrap import interval, resampled_means
from routers.base import Array
from routers.questions import Questions

RESAMPLES = 300
FIGURES = ("after", "negative")
DRAWN, EVENLY, PLAIN = "by what they tell", "evenly", "evenly, plain mean"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure from one draw of questions: off by so much, in an interval so wide, which held the truth or not."""

    design: str
    figure: str
    error: float
    width: float
    held: bool


def reasked(asked: Questions, known: Draws, pair: tuple[str, str], budget: int, seed: int) -> Iterator[Estimate]:
    """The new version's accuracy and negative flips from `budget` questions, by each way of drawing them."""
    n = len(asked.query_ids)
    groups = np.unique(asked.groups, return_inverse=True)[1]
    others = known.among([name for name in known.experts if name != pair[1]])
    both = ~np.isnan(known.right[:, [known.place(name) for name in pair]]).any(axis=1)
    told = np.full(n, np.nan)
    for ask in ask_again(others, pair[0], asked.categories, budget, seed).asks:
        told[ask.row] = ask.inclusion
    random, evenly = np.random.default_rng(seed), np.full(n, np.nan)
    evenly[random.choice(np.flatnonzero(both), budget, replace=False)] = budget / both.sum()
    whole = measures(change_between(asked, known, known, pair))
    truths = {name: float(np.nanmean(whole[name])) for name in FIGURES}
    for design, chances in ((DRAWN, told), (EVENLY, evenly), (PLAIN, evenly)):
        change = change_between(asked, known, known, pair, chances)
        yield from _estimates(design, change, groups, truths, seed)


def _estimates(design: str, change: Change, groups: Array, truths: dict[str, float], seed: int) -> Iterator[Estimate]:
    drawn = change.compared
    if design == PLAIN:
        change = Change(change.name, change.before, change.after)
    columns = measures(change)
    rows = np.flatnonzero(drawn if design == PLAIN else change.covered)
    values = np.stack([columns[name][rows] for name in FIGURES], axis=1)
    means = resampled_means(values, groups[rows], RESAMPLES, seed)
    for k, name in enumerate(FIGURES):
        low, high = interval(means[:, k]) or (np.nan, np.nan)
        yield Estimate(design, name, float(values[:, k].mean()) - truths[name], high - low, low <= truths[name] <= high)
