"""A fuser over the experts of one pool: the chance of each answer, and what each further call would gain."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from routers.base import Array
from routers.fusion.belief import Belief, believe
from routers.fusion.calls import calls
from routers.fusion.candidates import candidates
from routers.fusion.cases import Cases
from routers.fusion.evidence import NOT_ASKED, Evidence, Posterior
from routers.fusion.network import Network, average
from routers.fusion.voices import Voices

DOUBT = 0.1
"""Of every point that an expert's chance lacks to the best one's, this much is taken from its gain: of many gains that
are foretold the greatest is overrated, and most where it is an unlikely expert's. Chosen by cross-validation."""


class FuserView:
    """Columns of all arrays are the experts of the pool, and their columns those of the networks.

    The average of the weighers corrects what Bayes' rule says of answers, that of the tellers foretells gains; where
    there are none Bayes' rule does both.
    """

    def __init__(self, voices: Voices, weighers: tuple[Network, ...], tellers: tuple[Network, ...]) -> None:
        self.voices = voices
        self.weighers = weighers
        self.tellers = tellers

    def weighed(self, evidence: Evidence) -> Weighed:
        """What the evidence says, weighed once for all that is asked of it."""
        return Weighed(self, Cases.of(evidence))

    def posterior(self, evidence: Evidence) -> Posterior:
        """The chance of each answer given so far."""
        return self.weighed(evidence).posterior

    def gains(self, evidence: Evidence) -> Array:
        """See `Weighed.gains`."""
        return self.weighed(evidence).gains

    def recruit(self, evidence: Evidence, k: int) -> Array:
        """The columns of at most k experts to ask together, the likeliest to be right first.

        With one shared difficulty the best k by chance are the best set of k.
        """
        free = (evidence.said == NOT_ASKED) & ~np.isnan(evidence.chance)
        order = np.argsort(-np.where(free, evidence.chance, -np.inf), kind="stable")
        chosen: Array = order[: min(k, int(free.sum()))]
        return chosen

    def weigh(self, cases: Cases) -> Array:
        """(n, K + 1) the chance of each answer to be right, and last that none is."""
        return self.weighing(cases)[0]

    def weighing(self, cases: Cases, known: Array | None = None) -> tuple[Array, Array, Belief]:
        """The chances of `weigh`, with the log odds (n, m) and the belief that they come from.

        known: (n, m) bool, whom the networks may tell from others; all of them unless given.
        """
        logits = self.voices.logits(cases, known)
        belief = believe(cases, logits)
        if not self.weighers:
            return belief.chances, logits, belief
        found = candidates(cases, logits, belief, _all(cases) if known is None else known)
        scores = found.bayes + average(self.weighers, found.rows)[:, 0]
        chances = np.zeros(belief.chances.shape)
        chances[found.case, found.code] = softmax(scores, found.case, found.starts)
        return chances, logits, belief

    def foretell(self, cases: Cases) -> Array:
        """(n, m) gains."""
        return self.foretold(cases, *self.weighing(cases))

    def foretold(self, cases: Cases, chances: Array, logits: Array, belief: Belief) -> Array:
        """(n, m) gains, where the cases have been weighed (`weighing`)."""
        free = cases.able & ~cases.asked
        answered = chances[:, :-1].max(axis=1, initial=0)[:, None] > 0
        chance = 1 / (1 + np.exp(-cases.logits))
        lacking = np.where(free, chance, 0).max(axis=1, initial=0)[:, None] - chance
        foretold = self._gains(cases, logits, chances, belief, free) - DOUBT * lacking
        gains = np.where(answered, foretold, chance)
        found: Array = np.where(free, gains, -np.inf)
        return found

    def _gains(self, cases: Cases, logits: Array, chances: Array, belief: Belief, free: Array) -> Array:
        if not self.tellers:
            return belief.gains()
        at, whom = np.nonzero(free)
        rows = calls(cases, logits, chances, belief, _all(cases), at, whom)
        horizons = np.arange(1, self.tellers[0].outputs + 1)
        per_call = average(self.tellers, rows) / np.sqrt(horizons)
        left = free.sum(axis=1)[at, None]
        found = np.full(free.shape, -np.inf)
        found[at, whom] = np.where(horizons <= left, per_call, -np.inf).max(axis=1)
        return found


class Weighed:
    """One query's evidence, weighed; gains are foretold when somebody asks for them."""

    def __init__(self, view: FuserView, cases: Cases) -> None:
        self._view = view
        self._cases = cases
        self._weighing = view.weighing(cases)

    @cached_property
    def posterior(self) -> Posterior:
        """The chance of each answer given so far."""
        [chances] = self._weighing[0]
        return Posterior(chances[:-1], float(chances[-1]))

    @cached_property
    def gains(self) -> Array:
        """(m,) what asking each would add to the chance that the answer to give is right, per call it takes.

        -inf for those that were asked or may not be. With no answer yet it is the chance itself.
        """
        [gains] = self._view.foretold(self._cases, *self._weighing)
        return np.asarray(gains)


def _all(cases: Cases) -> Array:
    return np.ones(cases.said.shape, dtype=bool)


def softmax(scores: Array, case: Array, starts: Array) -> Array:
    """(R,) over the rows of each case; the cases are numbered from 0 without gaps."""
    odds = np.exp(scores - np.maximum.reduceat(scores, starts)[case])
    chances: Array = odds / np.add.reduceat(odds, starts)[case]
    return chances
