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
from routers.fusion.lessons import Examples, Lessons, follow, join, learn_weights
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
    weighers_: tuple[Network, ...]
    tellers_: tuple[Network, ...]

    def __init__(self, known: bool = True, horizon: int = 4, hidden: int = 24, members: int = 3, seed: int = 0) -> None:
        """known: learn something of each expert. horizon: how many calls a gain looks ahead at most.

        members: how many networks foretell gains; of many experts, the one that a single network overrates stands out.
        """
        self.known = known
        self.horizon = horizon
        self.hidden = hidden
        self.members = members
        self.seed = seed

    @classmethod
    def generic(cls) -> Self:
        """Bayes' rule alone, for anybody: nothing learned."""
        fuser = cls(known=False)
        fuser.experts_, fuser.voices_, fuser.weighers_, fuser.tellers_ = (), Voices.neutral(), (), ()
        return fuser

    def fit(self, cases: Cases, scores: Array, experts: Sequence[str]) -> Self:
        """From what every expert said of each question, and its scores (n, m).

        The chances must be those of a router that has not seen the question: it is too sure of those it has.
        """
        lessons = Lessons(cases, np.nan_to_num(scores) >= RIGHT)
        self.experts_ = tuple(experts) if self.known else ()
        halves = np.random.default_rng(self.seed).permutation(len(scores)) % 2
        examples = join([self._examples(lessons, halves == half) for half in (0, 1)])
        tellers = [examples.teach(one) for one in self._networks(calls.GENERAL, self.horizon, self.members)]
        view = self._weighing(lessons)
        chosen = np.arange(len(self.experts_))
        self.voices_ = view.voices.among(chosen)
        self.weighers_ = _keeping(view.weighers, candidates.GENERAL, candidates.BLOCKS, chosen, scores.shape[1])
        self.tellers_ = _keeping(tellers, calls.GENERAL, calls.BLOCKS, chosen, scores.shape[1])
        return self

    def _examples(self, lessons: Lessons, held_out: Array) -> Examples:
        """What calls gained on some of the questions, weighed by what the others have taught."""
        view = self._weighing(lessons.rows(~held_out))
        return follow(lessons.rows(held_out), view, self.horizon, self.known, self.seed)

    def _weighing(self, lessons: Lessons) -> FuserView:
        """What these lessons teach of whom to believe."""
        voices = Voices().fit(lessons.cases, lessons.right)
        if not self.known:
            voices = voices.among(np.full(lessons.right.shape[1], -1))
        networks = self._networks(candidates.GENERAL, 1, 1)
        return FuserView(voices, tuple(learn_weights(lessons, voices, one, self.known) for one in networks), ())

    def _networks(self, general: int, outputs: int, members: int) -> list[Network]:
        return [Network(general, outputs, self.hidden, seed=self.seed + place) for place in range(members)]

    def for_experts(self, names: Sequence[str | None]) -> FuserView:
        """Over these experts, in this order; None or an unknown name stands for one known by its chances alone."""
        places = {name: place for place, name in enumerate(self.experts_)}
        experts = np.array([places.get(name, -1) if name is not None else -1 for name in names], dtype=np.intp)
        return self.among(experts)

    def among(self, experts: Array) -> FuserView:
        """Over experts by their numbers in `experts_`, -1 for one that is not there."""
        total = len(self.experts_)
        return FuserView(
            self.voices_.among(experts),
            _keeping(self.weighers_, candidates.GENERAL, candidates.BLOCKS, experts, total),
            _keeping(self.tellers_, calls.GENERAL, calls.BLOCKS, experts, total),
        )


def _keeping(networks: Sequence[Network], general: int, blocks: int, experts: Array, total: int) -> tuple[Network, ...]:
    """The networks for some of their `total` experts: the general columns, then each block's; -1 is a stranger."""
    own = [np.where(experts >= 0, general + block * total + experts, -1) for block in range(blocks)]
    columns = np.concatenate([np.arange(general), *own])
    return tuple(one.keeping(columns) for one in networks)
