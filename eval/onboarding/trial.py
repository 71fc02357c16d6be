"""One expert's test, by the code of `coterie experts onboard`, looked at after so many questions. Reads no file."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.auc import auc
from eval.metrics.wilson import Z, wilson
from eval.onboarding.stand import Stand
from gateway.examiner import Recorded, Terms, examine
from routers.base import Array
from routers.irt.posterior import Posterior
from routers.onboarding import Onboarding

CHOSEN, DRAWN, PLAIN = "chosen", "drawn at random", "drawn, plain share"
"""Chosen one by one; drawn at random, judged by the same model; and the share of the drawn that were right, alone."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What is known of a newcomer after so many questions.

    mean: the accuracy claimed over all its questions, low and high its 95 % interval, truth what it was. auc: of
    P(right) on the questions not asked. routed: the mean score of routing with it in the pool; None where only a mean
    is known.
    """

    expert: str
    way: str
    asked: int
    mean: float
    low: float
    high: float
    truth: float
    auc: float | None
    routed: float | None

    @property
    def error(self) -> float:
        return abs(self.mean - self.truth)

    @property
    def held(self) -> bool:
        return self.low <= self.truth <= self.high


@dataclass(frozen=True, slots=True)
class Seen:
    """A test at one moment: the mean accuracy and its error, the ability, and which questions were asked."""

    mean: float
    error: float
    ability: Posterior
    scores: Array


def placed(stand: Stand, place: int, budgets: Sequence[int], draws: int, seed: int) -> Iterator[Placed]:
    """The expert in this column by chosen questions, and by `draws` random draws of them."""
    bank, rows = stand.bank(place)
    own = stand.table.outcomes[rows, place]
    for asked, seen in _watched(bank.test(seed), own, budgets, at_once=1):
        yield _judged(stand, place, rows, CHOSEN, asked, seen)
    for number in range(draws):
        drawn = Onboarding(bank.items, bank.prior, explore=1.0, seed=seed + number)
        for asked, seen in _watched(drawn, own, budgets, at_once=math.gcd(*budgets)):
            yield _judged(stand, place, rows, DRAWN, asked, seen)
            yield _plain(stand, place, asked, seen)


def _watched(test: Onboarding, own: Array, budgets: Sequence[int], at_once: int) -> Iterator[tuple[int, Seen]]:
    """The test after each number of questions, as far as the bank goes."""
    seen: dict[int, Seen] = {}

    def look(test: Onboarding) -> None:
        if test.asked in budgets:
            rate = test.mean_accuracy()
            seen[test.asked] = Seen(rate.mean, rate.error, test.ability, test.scores.copy())

    asyncio.run(examine(test, Recorded(own, at_once), Terms(max(budgets), 0.0), look))
    yield from seen.items()


def _judged(stand: Stand, place: int, rows: Array, way: str, asked: int, seen: Seen) -> Placed:
    scores = stand.table.outcomes
    chances = stand.chances(seen.ability)
    rest = rows[np.isnan(seen.scores)]
    return Placed(
        stand.table.experts[place],
        way,
        asked,
        seen.mean,
        seen.mean - Z * seen.error,
        seen.mean + Z * seen.error,
        float(np.nanmean(scores[:, place])),
        auc(scores[rest, place], chances[rest]) if len(rest) else None,
        routed(stand, place, chances),
    )


def _plain(stand: Stand, place: int, asked: int, seen: Seen) -> Placed:
    """By nothing but the share of the asked questions that were right."""
    share = float(np.nanmean(seen.scores))
    truth = float(np.nanmean(stand.table.outcomes[:, place]))
    return Placed(stand.table.experts[place], PLAIN, asked, share, *wilson(share, asked), truth, None, None)


def routed(stand: Stand, place: int, chances: Array | None) -> float:
    """The mean score where each question goes to the likeliest of those who answered it; the expert in this column has
    the given chances (n,), or where None is given is not in the pool."""
    mean = stand.expected.copy()
    mean[:, place] = -np.inf if chances is None else chances
    mean[np.isnan(stand.table.outcomes)] = -np.inf
    rows = np.flatnonzero(~np.isinf(mean).all(axis=1))
    return float(stand.table.outcomes[rows, mean[rows].argmax(axis=1)].mean())
