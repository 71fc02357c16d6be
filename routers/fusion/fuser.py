"""Whom to believe, and whom it pays to ask next: learned from who said what to questions whose answer is known.

The chance of each answer a given so far, and of "none of these", is
P(a) ∝ exp(log b(a) + g(x_a)): Bayes' rule b over chances that `Voices` has set right, corrected by a small network g
on what is known of each answer (a conditional logit, McFadden 1974, with a hidden layer), learned on random sets of
experts asked so that it holds at every stage. The gain of asking expert j is max over h of E[gain after h calls]/h,
j first and the likeliest to be right after it: one call may change nothing where two do (FrugalFoE, ICLR 2024, looks
one call ahead).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from routers.base import Array, Estimator
from routers.fusion import calls, candidates
from routers.fusion.cases import Cases
from routers.fusion.lessons import CALLS, Lessons, earnest_order, follow, join, learn_weights, random_orders
from routers.fusion.network import Network
from routers.fusion.view import FuserView
from routers.fusion.voices import Voices

RIGHT = 0.5
"""The score from which an answer is right."""


class Fuser(Estimator):
    """Known experts count by what they are worth in each other's company; others by their chances alone.

    experts_: of whom something of their own was learned.
    """

    experts_: tuple[str, ...]
    voices_: Voices
    weigher_: Network | None
    teller_: Network | None

    def __init__(self, known: bool = True, horizon: int = 4, hidden: int = 24, seed: int = 0) -> None:
        """known: learn something of each expert. horizon: how many calls a gain looks ahead at most."""
        self.known = known
        self.horizon = horizon
        self.hidden = hidden
        self.seed = seed

    @classmethod
    def generic(cls) -> Self:
        """Bayes' rule alone, for anybody: nothing learned."""
        fuser = cls(known=False)
        fuser.experts_, fuser.voices_, fuser.weigher_, fuser.teller_ = (), Voices.neutral(), None, None
        return fuser

    def fit(self, cases: Cases, scores: Array, experts: Sequence[str]) -> Self:
        """From what every expert said of each question, and its scores (n, m).

        The chances must be those of a router that has not seen the question: it is too sure of those it has.
        """
        lessons = Lessons(cases, np.nan_to_num(scores) >= RIGHT)
        self.experts_ = tuple(experts) if self.known else ()
        halves = [
            np.flatnonzero(np.random.default_rng(self.seed).permutation(len(scores)) % 2 == half) for half in (0, 1)
        ]
        views = [self._weighing(lessons.rows(other)) for other in reversed(halves)]
        parts = [lessons.rows(half) for half in halves]
        examples = [
            follow(part, view, self.horizon, self.known, random_orders(part.cases, self.seed), self.seed)
            for part, view in zip(parts, views, strict=True)
        ]
        teller = join(examples).teach(self._network(calls.GENERAL, self.horizon))
        orders = np.full((len(scores), min(CALLS, scores.shape[1])), -1)
        for half, part, view in zip(halves, parts, views, strict=True):
            told = FuserView(view.voices, view.weigher, teller)
            orders[half] = earnest_order(part, told, np.random.default_rng(self.seed))
            examples.append(follow(part, view, self.horizon, self.known, [orders[half]], self.seed))
        self.teller_ = join(examples).teach(self._network(calls.GENERAL, self.horizon))
        view = self._weighing(lessons, orders)
        self.voices_, self.weigher_ = view.voices, view.weigher
        return self

    def _weighing(self, lessons: Lessons, orders: Array | None = None) -> FuserView:
        """What these lessons teach of whom to believe."""
        voices = Voices().fit(lessons.cases, lessons.right)
        if not self.known:
            voices = voices.among(np.full(lessons.right.shape[1], -1))
        network = self._network(candidates.GENERAL, 1)
        return FuserView(voices, learn_weights(lessons, voices, network, self.known, orders), None)

    def _network(self, general: int, outputs: int) -> Network:
        return Network(general, outputs, self.hidden, seed=self.seed)

    def for_experts(self, names: Sequence[str | None]) -> FuserView:
        """Over these experts, in this order; None or an unknown name stands for one known by its chances alone."""
        places = {name: place for place, name in enumerate(self.experts_)}
        experts = np.array([places.get(name, -1) if name is not None else -1 for name in names], dtype=np.intp)
        return self.among(experts)

    def among(self, experts: Array) -> FuserView:
        """Over experts by their numbers in `experts_`, -1 for one that is not there."""
        total = len(self.experts_)
        voices = self.voices_.among(experts)
        if self.weigher_ is None or self.teller_ is None:
            return FuserView(voices, None, None)
        return FuserView(
            voices,
            self.weigher_.keeping(_columns(candidates.GENERAL, candidates.BLOCKS, experts, total)),
            self.teller_.keeping(_columns(calls.GENERAL, calls.BLOCKS, experts, total)),
        )


def _columns(general: int, blocks: int, experts: Array, total: int) -> Array:
    """The columns of a network for some of its experts: the general ones, then each block's."""
    own = [np.where(experts >= 0, general + block * total + experts, -1) for block in range(blocks)]
    return np.concatenate([np.arange(general), *own])
