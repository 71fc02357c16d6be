"""Placing a new expert by adaptive testing: the fewest questions that pin down its mean accuracy over a bank.

Which question next: the one that shrinks the variance of the mean accuracy most, a c-optimal design (Silvey 1980,
chapter 2) at the current ability, among the kind of question that has been asked too seldom. Asks nobody itself, and
knows no text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from routers.abilities import Rate
from routers.base import Array
from routers.irt.item import Items
from routers.irt.link import PROBIT
from routers.irt.posterior import Posterior, posterior

MISFIT = 0.01
"""What the model itself errs by on an expert's mean accuracy, however many answers it has; measured by leaving out one
recorded model after the other."""
WIDER = 3.0
"""How much wider the prior is taken than the experts there are: a newcomer may be unlike them. Chosen likewise."""
DRAWS = 16
"""Random orders of the bank that are tried to tell what random choice would have needed."""


@dataclass(frozen=True, slots=True, eq=False)
class Functional:
    """A mean accuracy as a function of the ability: its value, its gradient (d,), and its variance besides.

    variance: answers are drawn even where the ability is known; the more questions, the less that matters.
    """

    value: float
    gradient: Array
    variance: float

    def error(self, cov: Array) -> float:
        return float(np.sqrt(self.gradient @ cov @ self.gradient + self.variance))


class Onboarding:
    """The state of one expert's test over a bank of questions.

    kinds: the kind of each question, by number (n,); each is asked by its share of the bank, so that what the model
    does not know of an expert and a kind evens out. explore: the share of questions drawn at random, of any kind.
    """

    def __init__(
        self, items: Items, prior: Posterior, *, kinds: Array | None = None, explore: float = 0.0, seed: int = 0
    ) -> None:
        self.items = items
        self.prior = Posterior(prior.mean, WIDER * prior.cov)
        self.explore = explore
        self.seed = seed
        self.ability = self.prior
        self._kinds = np.zeros(len(items), dtype=np.intp) if kinds is None else kinds
        self.scores = np.full(len(items), np.nan)
        self._open = np.ones(len(items), dtype=bool)
        self._chance = np.random.default_rng(seed)
        self._alpha, self._beta = items.marginal(prior.mean)

    @property
    def asked(self) -> int:
        """How many questions were answered."""
        return int((~np.isnan(self.scores)).sum())

    def choose(self, count: int = 1) -> Array:
        """The next questions, at most `count`, by row; each is chosen as if those before it were answered already."""
        chosen: list[int] = []
        cov = self.ability.cov
        chances = self._chances(cov)
        slopes = chances * (1 - chances)
        gradient = self._alpha.T @ slopes / len(slopes)
        for _ in range(min(count, int(self._open.sum()))):
            row = self._next(gradient, slopes, cov)
            self._open[row] = False
            toward = cov @ self._alpha[row]
            cov = cov - slopes[row] * np.outer(toward, toward) / (1 + slopes[row] * self._alpha[row] @ toward)
            chosen.append(row)
        return np.array(chosen, dtype=np.intp)

    def _next(self, gradient: Array, slopes: Array, cov: Array) -> int:
        if self._chance.random() < self.explore:
            return int(self._chance.choice(np.flatnonzero(self._open)))
        toward = self._alpha @ cov
        spread = np.einsum("ni,ni->n", toward, self._alpha)
        gain = slopes * (toward @ gradient) ** 2 / (1 + slopes * spread)
        return int(np.argmax(np.where(self._open & (self._kinds == self._seldom()), gain, -1)))

    def _seldom(self) -> int:
        """The kind with the largest shortfall against its share of the bank, of those that have questions left."""
        sizes = np.bincount(self._kinds)
        left = np.bincount(self._kinds[self._open], minlength=len(sizes))
        shortfall = sizes / len(self._kinds) * (1 + len(self._kinds) - left.sum()) - (sizes - left)
        return int(np.argmax(np.where(left > 0, shortfall, -np.inf)))

    def learn(self, rows: Iterable[int], scores: Iterable[float]) -> None:
        """What was answered: scores in [0, 1], NaN for a question that came back without an answer."""
        for row, score in zip(rows, scores, strict=True):
            self.scores[row] = score
            self._open[row] = False
        seen = np.flatnonzero(~np.isnan(self.scores))
        for _ in range(2):  # the questions' own uncertainty depends on the ability, a little
            start = self.ability.mean
            self._alpha, self._beta = self.items.marginal(start)
            self.ability = posterior(self._alpha[seen], self._beta[seen], self.scores[seen], self.prior, start)

    def _chances(self, cov: Array) -> Array:
        """P(right) (n,) of every question, the ability being as uncertain as that."""
        variance = np.einsum("ni,ij,nj->n", self._alpha, cov, self._alpha, optimize=True)
        chances: Array = expit((self._alpha @ self.ability.mean - self._beta) / np.sqrt(1 + PROBIT * variance))
        return chances

    def mean_accuracy(self, rows: Array | None = None) -> Rate:
        """Over these questions, or all: the answers where there are some, and what the model expects of the rest."""
        functional = self._functional(np.arange(len(self.items)) if rows is None else rows, answered=True)
        return Rate(functional.value, float(np.hypot(functional.error(self.ability.cov), MISFIT)))

    def _functional(self, rows: Array, *, answered: bool) -> Functional:
        chances, known = self._chances(self.ability.cov)[rows], ~np.isnan(self.scores[rows])
        open_ = ~known if answered else np.ones(len(rows), dtype=bool)
        noise = np.where(open_, chances * (1 - chances), 0)
        values = np.where(open_, chances, np.nan_to_num(self.scores[rows]))
        return Functional(
            float(values.mean()), self._alpha[rows].T @ noise / len(rows), float(noise.sum()) / len(rows) ** 2
        )

    def random_would_have_needed(self) -> int:
        """How many questions drawn at random would give this standard error, with the same model and estimate.

        The information of a question depends on the ability and not on the answer, so no answers are simulated: the
        questions of the bank are put in random orders, and the smallest number is sought at which the error, on
        average over the orders, is as small as it is now. The whole bank where none is.
        """
        chances = self._chances(self.ability.cov)
        slopes = chances * (1 - chances)
        functional = self._functional(np.arange(len(self.items)), answered=False)
        now = functional.error(self.ability.cov)
        chance = np.random.default_rng(self.seed)
        orders = [chance.permutation(len(self.items)) for _ in range(DRAWS)]
        precision = np.linalg.inv(self.prior.cov)

        def error(count: int) -> float:
            drawn = [order[:count] for order in orders]
            infos = [(self._alpha[rows] * slopes[rows, None]).T @ self._alpha[rows] for rows in drawn]
            return float(np.mean([functional.error(np.linalg.inv(info + precision)) for info in infos]))

        low, high = 0, len(self.items)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if error(middle) <= now else (middle + 1, high)
        return low
