"""What a router may be when learning begins: good, ignorant, wrong; and an expert that gets worse meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from eval.online.stream import Stream, plain
from routers.base import Array

LOSES = 0.5
"""The share of its right answers that a failing expert loses half-way."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One stream and what it stands for, in words."""

    name: str
    stream: Stream


def scenarios(stream: Stream, rng: np.random.Generator) -> Iterator[Scenario]:
    """Of one stream in its order."""
    predicted = stream.predicted
    yield Scenario("the router as it is", stream)
    yield Scenario("one that knows nothing", _with(stream, np.full_like(predicted, float(np.nanmean(predicted)))))
    yield Scenario("one that confuses the experts", _with(stream, predicted[:, _deranged(len(stream.experts), rng)]))
    yield Scenario("one that confuses the queries", _with(stream, predicted[rng.permutation(len(predicted))]))
    yield Scenario("its favourite gets worse half-way", _failing(stream, rng))


def _with(stream: Stream, predicted: Array) -> Stream:
    numbers = stream.numbers.copy()
    numbers[:, 2] = np.nanmax(predicted, axis=1)
    return replace(stream, predicted=predicted, numbers=numbers)


def _deranged(experts: int, rng: np.random.Generator) -> Array:
    """Nobody in his own place."""
    order = rng.permutation(experts)
    places = np.empty(experts, dtype=np.intp)
    places[order] = np.roll(order, 1)
    return places


def _failing(stream: Stream, rng: np.random.Generator) -> Stream:
    half, liked = len(stream) // 2, int(np.bincount(plain(stream), minlength=len(stream.experts)).argmax())
    scores = stream.scores.copy()
    scores[half:, liked] *= rng.random(len(stream) - half) >= LOSES
    return replace(stream, scores=scores)
