"""A stream of questions with what a router foretells and what each expert would have scored, and one walk along it.

What decides is what serves: the lessons, the guard and the draw of the gateway, over the same learning.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from gateway.draw import Draw
from gateway.learning.lesson import Lesson
from routers.base import Array
from routers.online.context import Context, Numbers
from routers.online.learner import Learned, learn
from routers.online.observations import Observations


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """n questions over m experts, in the order they come.

    predicted, scores, usd, price: (n, m); price is dollars in units of quality. category: (n,) as foretold. numbers:
    (n, k), see `routers.online.context.NUMBERS`.
    """

    experts: tuple[str, ...]
    predicted: Array
    scores: Array
    usd: Array
    price: Array
    category: Array
    numbers: Array

    def __len__(self) -> int:
        return len(self.scores)

    def part(self, rows: Array) -> Stream:
        """These questions, in this order."""
        columns = (self.predicted, self.scores, self.usd, self.price, self.category, self.numbers)
        return Stream(self.experts, *(column[rows] for column in columns))

    def context(self, row: int) -> Context:
        return Context(str(self.category[row]), Numbers(*self.numbers[row].tolist()))


@dataclass(frozen=True, slots=True)
class Terms:
    """explore: as in `learn:`. heard: the share of answers that somebody judges. late: a judgement comes so many
    questions after its answer. every: after so many it is learned anew. half_life: in questions; None: nothing is
    forgotten. most: as many judged answers are remembered.
    """

    explore: float = 0.02
    heard: float = 0.3
    late: int = 20
    every: int = 100
    half_life: float | None = None
    most: int = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """chosen: (n,) columns. front: (n,) who would have been, had nothing been explored. learned: at the end."""

    chosen: Array
    front: Array
    learned: Learned

    @property
    def explored(self) -> Array:
        return np.asarray(self.chosen != self.front)


def plain(stream: Stream) -> Array:
    """(n,) the columns the router alone chooses."""
    places: Array = _able(stream, stream.predicted - stream.price).argmax(axis=1)
    return places


def walk(stream: Stream, terms: Terms, seed: int) -> Walk:
    """Along the stream: decide, answer, be judged now and then, learn."""
    dice, n = random.Random(seed), len(stream)
    heard = np.random.default_rng(seed).random(n) < terms.heard
    chosen, front = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp)
    learned = Learned(stream.experts)
    for row in range(n):
        if row % terms.every == 0:
            known = np.flatnonzero(heard[: max(0, row - terms.late)])
            learned = learn(observed(stream, chosen, known[-terms.most :], terms.half_life))
        draw = drawn_from(stream, row, learned, terms.explore)
        chosen[row], _ = draw.first(dice)
        front[row] = draw.front
    return Walk(chosen, front, learned)


def drawn_from(stream: Stream, row: int, learned: Learned, explore: float) -> Draw:
    """Whom the gateway would ask first, and how it would draw him."""
    able = np.flatnonzero(~np.isnan(stream.scores[row]))
    raw = stream.predicted[row, able]
    found = learned.corrected(stream.context(row), raw, able)
    baseline = None if learned.baseline is None else stream.experts.index(learned.baseline)
    places = np.flatnonzero(able == baseline)
    lesson = Lesson(
        "",
        raw,
        found.std,
        int(places[0]) if len(places) else None,
        explore,
        careful=found.careful,
        paused=learned.paused,
    )
    value = lesson.guarded(found.score - stream.price[row, able])
    order = np.argsort(-value, kind="stable")
    weights = lesson.weights(int(order[0]), order, value, stream.usd[row, able])
    return Draw(int(able[order[0]]), able[order], lesson.share, weights)


def observed(stream: Stream, chosen: Array, rows: Array, half_life: float | None) -> Observations:
    """What was judged of these answers."""
    weight = np.ones(len(rows)) if half_life is None or not len(rows) else np.exp2((rows - rows[-1]) / half_life)
    return Observations(
        experts=stream.experts,
        category=stream.category[rows],
        numbers=stream.numbers[rows],
        score=np.where(np.isnan(stream.scores[rows]), np.nan, stream.predicted[rows]),
        price=stream.price[rows],
        served=chosen[rows],
        reward=stream.scores[rows, chosen[rows]],
        weight=weight,
    )


def _able(stream: Stream, value: Array) -> Array:
    return np.where(np.isnan(stream.scores), -np.inf, value)
