"""What a fuser is taught: recorded questions as if only some of the experts had been asked. Knows no expert's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routers.base import Array
from routers.fusion import calls, candidates
from routers.fusion.belief import believe
from routers.fusion.cases import Cases
from routers.fusion.evidence import NOT_ASKED
from routers.fusion.network import Network
from routers.fusion.view import FuserView, softmax
from routers.fusion.voices import Voices
from routers.irt.adam import Adam

CALLS = 8
"""No more calls than this are learned from, one after another."""
EPOCHS = 32
BATCH = 128
DRAWS = ((6, 0.0, True), (99, 0.7, True), (4, 2.0, False), (CALLS, 99.0, False))
"""How experts are drawn, epoch by epoch: how many at most, how much the better ones are preferred, and whether only a
part of them may be asked. At every stage all are asked sometime, but what is asked in earnest, more often."""
STRANGERS, ALL_STRANGERS = 0.1, 0.2
"""How often an expert is shown as one who is not known, and how often everybody is."""
POOL = 8
"""Where there are more experts, they are often shown as pools of fewer: about this many are what serving has."""
LEAST_POOLED = 0.2
KEEN = (99.0, 1.4, 0.5)
"""How much the better experts come first in the orders that calls are followed in."""
CELLS = 3e7
"""So many numbers may the rows have that foretelling is learned from, on both halves of the questions: 240 MB."""
PASSES = 8
ROWS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """cases: every expert that was recorded is asked. right: (n, m) bool, whose answer is right."""

    cases: Cases
    right: Array

    @property
    def truth(self) -> Array:
        """(n,) the code of the right answer; K where nobody gave it."""
        K = self.cases.places.shape[1]
        return np.asarray(np.where(self.right & self.cases.voiced, self.cases.said, K).min(axis=1, initial=K))

    def rows(self, which: Array) -> Lessons:
        return Lessons(self.cases.rows(which), self.right[which])


def learn_weights(lessons: Lessons, voices: Voices, network: Network, known: bool) -> Network:
    """The network that corrects Bayes' rule, taught on random sets of experts asked."""
    chance = np.random.default_rng(network.seed)
    n, truth = len(lessons.right), lessons.truth
    optimizer: Adam | None = None
    for epoch in range(EPOCHS):
        most, keen, pooled = DRAWS[epoch % len(DRAWS)]
        cases = blank(lessons.cases, chance, pooled)
        cases = cases.hearing(lessons.cases.said, _some(cases, most, keen, chance))
        told = _told(cases, known, chance)
        logits = voices.logits(cases, told)
        found = candidates.candidates(cases, logits, believe(cases, logits), told)
        if optimizer is None:
            network.start(found.rows)
            optimizer = Adam(network.weights_, network.rate, network.decay, EPOCHS * -(-n // BATCH))
        hit = found.code == truth[found.case]
        last = np.append(found.starts[1:], len(hit)) - 1
        hit[last] = ~np.logical_or.reduceat(hit, found.starts) | hit[last]

        def slope(z: Array, rows: Array, found: candidates.Candidates = found, hit: Array = hit) -> Array:
            starts = np.flatnonzero(np.diff(found.case[rows], prepend=-1))
            case = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))
            error = softmax(found.bayes[rows] + z[:, 0], case, starts) - hit[rows]
            return np.asarray(error[:, None] / len(starts))

        network.learn(found.rows, _batches(found.starts, last, chance), optimizer, slope)
    return network


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """rows: (R, d). gains: (R, H) what 1…H calls gained, over √h; NaN where there were not so many."""

    rows: Array
    gains: Array

    def teach(self, network: Network) -> Network:
        """Least squares; gains are scaled to their spread, and back."""
        spread = float(np.nanstd(self.gains)) or 1.0
        targets, given = np.nan_to_num(self.gains) / spread, ~np.isnan(self.gains)
        chance = np.random.default_rng(network.seed)
        network.start(self.rows)
        total = len(self.rows)
        optimizer = Adam(network.weights_, network.rate, network.decay, PASSES * -(-total // ROWS))
        for _ in range(PASSES):
            order = chance.permutation(total)
            batches = (order[at : at + ROWS] for at in range(0, total, ROWS))
            network.learn(self.rows, batches, optimizer, lambda z, rows: (z - targets[rows]) * given[rows] / len(rows))
        return network.times(spread)


def follow(lessons: Lessons, view: FuserView, horizon: int, known: bool, seed: int) -> Examples:
    """What calls gained, asked in random orders; the view must not have learned from these lessons."""
    chance = np.random.default_rng(seed)
    n, m = lessons.right.shape
    most = int(CELLS / (2 * len(KEEN) * CALLS * (calls.GENERAL + calls.BLOCKS * m)))
    if n > most:
        lessons = lessons.rows(chance.choice(n, most, replace=False))
    parts = []
    for keen in KEEN:
        cases = blank(lessons.cases, chance, keen < KEEN[0])
        told = _told(cases, known, chance)
        parts.append(_followed(lessons, cases, view, horizon, told, _ordered(cases, keen, chance)))
    return join(parts)


def join(parts: Sequence[Examples]) -> Examples:
    return Examples(np.concatenate([one.rows for one in parts]), np.concatenate([one.gains for one in parts]))


def _followed(lessons: Lessons, cases: Cases, view: FuserView, horizon: int, told: Array, order: Array) -> Examples:
    """The gains of the calls in one order (n, CALLS); -1 where nobody is left."""
    n, steps = order.shape
    truth = lessons.truth
    worth = np.full((n, steps + 1 + horizon), np.nan)
    rows, places = [], []
    for step in range(steps + 1):
        then = cases.hearing(lessons.cases.said, _asked(order[:, :step], cases))
        chances, logits, belief = view.weighing(then, told)
        top = chances[:, :-1].max(axis=1, initial=0)
        hit = (chances[:, :-1].argmax(axis=1) == truth) & (top > 0)
        worth[:, step] = np.where((order[:, :step] >= 0).all(axis=1), (top + hit) / 2, np.nan)
        live = np.flatnonzero((top > 0) & (order[:, step] >= 0)) if step < steps else np.array([], dtype=np.intp)
        if len(live):
            rows.append(calls.calls(then, logits, chances, belief, told, live, order[live, step]))
            places.append(np.column_stack([live, np.full(len(live), step)]))
    at, step = np.concatenate(places).T
    gains = [(worth[at, step + h] - worth[at, step]) / np.sqrt(h) for h in range(1, horizon + 1)]
    return Examples(np.concatenate(rows), np.column_stack(gains))


def blank(cases: Cases, chance: np.random.Generator, pooled: bool) -> Cases:
    """The cases before anybody is asked; often with a part of their experts alone, where they are `pooled`."""
    n, m = cases.said.shape
    often = max(LEAST_POOLED, 1 - POOL / max(m, 1)) * pooled
    away = (chance.random((n, m)) < chance.random((n, 1))) & (chance.random((n, 1)) < often)
    usable = cases.asked & ~away
    usable = np.where(usable.sum(axis=1, keepdims=True) > 1, usable, cases.asked)
    return replace(cases, chance=np.where(usable, cases.chance, np.nan), said=np.full_like(cases.said, NOT_ASKED))


def _ordered(cases: Cases, keen: float, chance: np.random.Generator) -> Array:
    """(n, CALLS) those who may be asked, the better ones sooner."""
    drawn = np.where(cases.able, _drawn(cases, keen, chance), -np.inf)
    order = (-drawn).argsort(axis=1)[:, :CALLS]
    found: Array = np.where(np.take_along_axis(cases.able, order, axis=1), order, -1)
    return found


def _asked(order: Array, cases: Cases) -> Array:
    """(n, m) bool: who is named in the order."""
    found: Array = (order[:, :, None] == np.arange(cases.said.shape[1])).any(axis=1)
    return found


def _drawn(cases: Cases, keen: float, chance: np.random.Generator) -> Array:
    """(n, m) by which to sort them: log odds, and Gumbel noise."""
    found: Array = cases.logits * keen + chance.gumbel(size=cases.said.shape)
    return found


def _some(cases: Cases, most: int, keen: float, chance: np.random.Generator) -> Array:
    """(n, m) bool: one to `most` of those that may be asked, drawn without replacement."""
    able = cases.able
    drawn = np.where(able, _drawn(cases, keen, chance), -np.inf)
    rank = (-drawn).argsort(axis=1).argsort(axis=1)
    number = np.minimum(able.sum(axis=1), most)
    asked: Array = able & (rank < 1 + (chance.random(len(able)) * number).astype(int)[:, None])
    return asked


def _told(cases: Cases, known: bool, chance: np.random.Generator) -> Array:
    """(n, m) bool: whom the networks may know."""
    n, m = cases.said.shape
    return np.asarray((chance.random((n, m)) >= STRANGERS) & (chance.random((n, 1)) >= ALL_STRANGERS)) & known


def _batches(starts: Array, last: Array, chance: np.random.Generator) -> Iterator[Array]:
    """The rows of BATCH cases at a time, in random order."""
    order = chance.permutation(len(starts))
    for at in range(0, len(order), BATCH):
        chosen = order[at : at + BATCH]
        lengths = last[chosen] - starts[chosen] + 1
        begins = np.repeat(starts[chosen] - np.append(0, lengths.cumsum()[:-1]), lengths)
        yield begins + np.arange(lengths.sum())
