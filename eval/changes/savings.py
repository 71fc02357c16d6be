"""What a way of choosing questions saves over an even one, with intervals over seeds. Reads no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.changes.draws import Draws
from eval.changes.race import Course, World, raced
from eval.changes.simulation import DRAWN, EVENLY, PLAIN, Estimate, reasked
from eval.metrics.bootstrap import Interval, interval
from eval.metrics.wilson import wilson
from routers.base import Array
from routers.questions import Questions

FIGURES = {"after": "accuracy", "negative": "right to wrong"}
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Saved:
    """error: root mean square. width: of the interval, on average. held: how often it held the truth.

    share: of the questions, that are not needed for the width that the even design's plain mean has: widths fall with
    the root of the number. reference: this is that design.
    """

    figure: str
    design: str
    error: float
    width: float
    held: float
    held_interval: Interval
    share: float
    interval: Interval
    reference: bool


@dataclass(frozen=True, slots=True)
class Raced:
    """curve: answers, and the accuracy still lost by rivals and evenly. share: of the answers that an even course
    takes, that are not needed to lose no more than it does at its end."""

    curve: tuple[tuple[int, float, float], ...]
    share: float
    interval: Interval


def drawing_savings(
    asked: Questions, known: Draws, pair: tuple[str, str], budget: int, seeds: int
) -> tuple[Saved, ...]:
    """Of each figure and design."""
    runs = [list(reasked(asked, known, pair, budget, seed)) for seed in range(seeds)]
    return tuple(_saved(runs, figure, design) for figure in FIGURES for design in (DRAWN, EVENLY, PLAIN))


def _saved(runs: Sequence[Sequence[Estimate]], figure: str, design: str) -> Saved:
    own, plain = (
        [one for run in runs for one in run if (one.figure, one.design) == (figure, wanted)]
        for wanted in (design, PLAIN)
    )
    widths = np.array([[one.width for one in own], [one.width for one in plain]])

    def share(picked: Array) -> float:
        mean = picked.mean(axis=1)
        return float(1 - (mean[0] / mean[1]) ** 2)

    held = float(np.mean([one.held for one in own]))
    errors = np.array([one.error for one in own])
    return Saved(
        figure,
        design,
        float(np.sqrt((errors**2).mean())),
        float(widths[0].mean()),
        held,
        wilson(held, len(own)),
        share(widths),
        _over_seeds(len(runs), lambda seeds: share(widths[:, seeds])),
        design == PLAIN,
    )


def race_savings(world: World, answers: int, seeds: int) -> Raced:
    """By the mean courses over all seeds."""
    courses = [raced(world, answers, seed) for seed in range(seeds)]
    calls = courses[0][0].calls
    rivals, evenly = (np.array([pair[k].losses for pair in courses]) for k in (0, 1))

    def share(picked: Array) -> float:
        needed = Course(calls, rivals[picked].mean(axis=0)).answers_until(float(evenly[picked, -1].mean()))
        return 1 - needed / float(calls[-1])

    everything = np.arange(seeds)
    curve = zip(calls.tolist(), rivals.mean(axis=0).tolist(), evenly.mean(axis=0).tolist(), strict=True)
    return Raced(tuple(curve), share(everything), _over_seeds(seeds, share))


def _over_seeds(count: int, figure: Callable[[Array], float]) -> Interval:
    """The percentile interval of a figure of seeds (k,) drawn with replacement."""
    random = np.random.default_rng(0)
    found = np.array([figure(random.integers(count, size=count)) for _ in range(RESAMPLES)])
    low, high = interval(found) or (np.nan, np.nan)
    return low, high
