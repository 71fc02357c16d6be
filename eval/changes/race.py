"""The best expert of every category looked for on recorded outcomes, by rivals and evenly. Reads no file.

What an ordering found so far would cost is known, because the truth is: all the recorded answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from eval.changes.asking import ask_rivals
from eval.changes.draws import Draws
from routers.base import Array
from routers.errors import TableError

START = 20
"""Questions of each category that everybody has answered before the race begins, or half of those there are."""
ROUND = 500
"""Answers after which it is looked again."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """After so many answers more (k,): the mean accuracy that asking the leader of each category loses to the best."""

    calls: Array
    losses: Array

    def answers_until(self, loss: float) -> float:
        """How many answers bring the loss to this for good; the whole course where none do."""
        above = np.flatnonzero(self.losses > loss)
        if not len(above):
            return float(self.calls[0])
        return float(self.calls[min(above[-1] + 1, len(self.calls) - 1)])


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What there is to find out: every outcome (n, m) known, the category of each question by number."""

    known: Draws
    categories: tuple[str, ...]

    @property
    def numbers(self) -> Array:
        return np.unique(self.categories, return_inverse=True)[1]

    def loss(self, scores: Array) -> float:
        """Of the leaders by these scores, against the best by all of them."""
        numbers, lost = self.numbers, 0.0
        for k in range(numbers.max() + 1):
            part = numbers == k
            truth = np.nanmean(self.known.score[part], axis=0)
            seen = ~np.isnan(scores[part])
            means = np.nansum(scores[part], axis=0) / np.maximum(seen.sum(axis=0), 1)
            lost += part.mean() * float(truth.max() - truth[int(np.argmax(means))])
        return lost


def raced(world: World, budget: int, seed: int) -> tuple[Course, Course]:
    """By rivals, and evenly over all experts and questions, from the same start."""
    random = np.random.default_rng(seed)
    numbers = world.numbers
    seen = np.zeros(len(numbers), dtype=bool)
    for k in range(numbers.max() + 1):
        there = np.flatnonzero(numbers == k)
        seen[random.choice(there, min(START, len(there) // 2), replace=False)] = True
    start = np.where(seen[:, None], world.known.score, np.nan)
    return _course(world, start, _by_rivals(world, start, budget, seed)), _course(
        world, start, _evenly(world, start, budget, random)
    )


def _course(world: World, start: Array, rounds: Iterator[tuple[int, Array]]) -> Course:
    found = [(0, world.loss(start)), *((calls, world.loss(scores)) for calls, scores in rounds)]
    return Course(np.array([calls for calls, _ in found]), np.array([loss for _, loss in found]))


def _evenly(world: World, start: Array, budget: int, random: np.random.Generator) -> Iterator[tuple[int, Array]]:
    scores, m = start.copy(), start.shape[1]
    order = random.permutation(np.flatnonzero(np.isnan(start).all(axis=1)))
    for calls in range(ROUND, budget + 1, ROUND):
        rows = order[(calls - ROUND) // m : calls // m]
        scores[rows] = world.known.score[rows]
        yield calls, scores


def _by_rivals(world: World, start: Array, budget: int, seed: int) -> Iterator[tuple[int, Array]]:
    """Settled before the budget is spent, it stays as it is."""
    scores, spent = start.copy(), 0
    for calls in range(ROUND, budget + 1, ROUND):
        try:
            planned = ask_rivals(replace(world.known, score=scores), world.categories, calls - spent, seed + calls)
        except TableError:
            yield calls, scores
            continue
        for ask in planned.asks:
            for expert in ask.experts:
                place = world.known.place(expert)
                scores[ask.row, place] = world.known.score[ask.row, place]
        spent += planned.calls
        yield calls, scores
