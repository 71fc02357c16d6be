"""Fitting the gate to labelled pairs, and judging it on questions it has not seen. Knows no file."""

from __future__ import annotations

import numpy as np

from routers.base import Array
from routers.gating.beliefs import Beliefs, Outcomes
from routers.gating.gains import Gains
from routers.gating.gate import Gate, centred
from routers.gating.labelled import Labelled
from routers.gating.model import Signals
from routers.gating.neighbours import CHANGE, Neighbours
from routers.gating.priors import NEIGHBOURS, THRUST
from routers.gating.rarity import Rarity
from routers.gating.thrust import Thrust, ranked

FOLDS, REPEATS = 5, 10
HOLDOUT = 5


def fit_gate(labelled: Labelled, rarity: Rarity, seed: int = 0) -> Gate:
    """The cold start, moved as far as the pairs can."""
    return Gate(_fitted(labelled, signals_of(labelled, rarity), seed), rarity)


def signals_of(labelled: Labelled, rarity: Rarity) -> Signals:
    """(n, 10) and (n, 7), as a gate without labelled questions reads the pairs."""
    cold = Gate(Beliefs.cold(), rarity)
    read = [cold.signals(labelled.asked(n), pair.hits) for n, pair in enumerate(labelled.pairs)]
    return Signals(np.concatenate([one.knowing for one in read]), np.concatenate([one.holding for one in read]))


def cross_fitted(
    labelled: Labelled, rarity: Rarity, *, folds: int = FOLDS, repeats: int = REPEATS, seed: int = 0
) -> tuple[Array, Array]:
    """(n,) P(right) without and with documents, of gates that have not seen the question: means over the repeats."""
    signals = signals_of(labelled, rarity)
    said = np.zeros((2, len(labelled.pairs)))
    for repeat in range(repeats):
        fold = folds_of(labelled, folds, seed + repeat)
        for number in range(fold.max() + 1):
            seen, held_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            part = Signals(signals.knowing[seen], signals.holding[seen])
            gate = Gate(_fitted(labelled.among(seen), part, seed + repeat), rarity)
            said[:, held_out] += predicted(gate, labelled.among(held_out))
    return said[0] / repeats, said[1] / repeats


def predicted(gate: Gate, labelled: Labelled) -> Array:
    """(2, n) P(right) without and with documents of each pair, asked as a server asks."""
    found = [gate.weigh(labelled.asked(n), pair.hits) for n, pair in enumerate(labelled.pairs)]
    return np.array([_arms(gains) for gains in found]).reshape(-1, 2).T


def folds_of(labelled: Labelled, folds: int, seed: int) -> Array:
    """(n,) fold numbers: a question's pairs together, and every fold alike in what documents changed.

    In folds drawn blindly the others hold fewer of what the judged one holds more of, which turns small gates round.
    """
    groups = labelled.groups
    change = np.bincount(groups, labelled.documented - labelled.without) / np.bincount(groups)
    right = np.bincount(groups, labelled.without) / np.bincount(groups)
    kind = np.sign(change) * (np.abs(change) >= CHANGE) * 2 + (right >= 0.5)
    order = np.lexsort((np.random.default_rng(seed).permutation(len(kind)), kind))
    dealt = np.empty(len(kind), dtype=np.intp)
    dealt[order] = np.arange(len(kind)) % min(folds, len(kind))
    return dealt[groups]


def _fitted(labelled: Labelled, signals: Signals, seed: int) -> Beliefs:
    """Neighbours and Thrust are measured as they will be on a new question: a pair has no part in its own."""
    from threadpoolctl import threadpool_limits

    # Small matrices: threads cost more than they bring.
    with threadpool_limits(1):
        return _learned(labelled, signals, seed)


def _learned(labelled: Labelled, signals: Signals, seed: int) -> Beliefs:
    experts = tuple(sorted({pair.expert for pair in labelled.pairs}))
    places = {name: place for place, name in enumerate(experts)}
    mine = np.array([places[pair.expert] for pair in labelled.pairs], dtype=np.intp)
    groups = labelled.groups
    first = np.unique(groups, return_index=True)[1]
    questions = labelled.questions[first]
    gains, scores = (np.full((len(experts), len(first)), np.nan) for _ in range(2))
    gains[mine, groups], scores[mine, groups] = labelled.documented - labelled.without, labelled.without
    neighbours = Neighbours().fit(questions, gains)
    raw = Thrust(seed).held_out(questions, scores, HOLDOUT)
    thrust = Thrust(seed).fit(questions, scores, raw)
    knowing = signals.knowing.copy()
    knowing[:, NEIGHBOURS] = np.array([neighbours.margins(row, n) for n, row in enumerate(questions)])[groups, mine]
    ranks = np.array([ranked(column, thrust.scale_) for column in raw.T])
    knowing[:, THRUST] = centred(ranks)[groups, mine]
    asked = np.bincount(groups)[groups]
    # Experts that were asked the same question are no independent witnesses of how hard it is.
    held = np.array([pair.holds for pair in labelled.pairs])
    outcomes = Outcomes(mine, labelled.without, labelled.documented, held, 1 / np.sqrt(asked), 1 / asked)
    beliefs = Beliefs().fit(Signals(knowing, signals.holding), outcomes, experts)
    beliefs.neighbours_, beliefs.thrust_ = neighbours, thrust
    return beliefs


def _arms(gains: Gains) -> tuple[float, float]:
    return float(gains.without[0]), float(gains.documented[0])
