"""What the gate believes of its parameters: the priors, or what counterfactual pairs have made of them.

The most probable parameters under the priors (MAP), so that no pairs give the cold start exactly and few move it as far
as they can. How unsure they still are is Laplace's approximation with the expected information. Knows no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from routers.base import Array, Estimator
from routers.gating.model import OWNED, WIDTH, Chances, Signals, Slopes, holding, holding_slopes, read_chances, slopes
from routers.gating.neighbours import Neighbours
from routers.gating.priors import GLOBAL, OWN, means, widths
from routers.gating.thrust import Thrust

CERTAIN = 1e-9
STRANGER = -1
"""The place of every expert that had no part in the pairs: the last row, all zeros."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """n pairs. experts: (n,) numbers from 0 on. without, documented: (n,) scores in [0, 1].

    holds: (n,) 1 where the documents hold the answer, 0 where not, NaN where that is not known. weights: (n,) of each
    pair; sights: (n,) of each look at its documents.
    """

    experts: Array
    without: Array
    documented: Array
    holds: Array
    weights: Array
    sights: Array


class Beliefs(Estimator):
    """weights_: (21,) as GLOBAL. covariance_: (21, 21). own_, own_variance_: (e + 1, 3) as OWN, the last a stranger's.

    neighbours_, thrust_: of labelled questions, None where there are none.
    """

    experts_: tuple[str, ...]
    weights_: Array
    covariance_: Array
    own_: Array
    own_variance_: Array
    neighbours_: Neighbours | None
    thrust_: Thrust | None

    @classmethod
    def cold(cls) -> Self:
        """The priors alone."""
        beliefs = cls()
        beliefs.experts_ = ()
        beliefs.weights_, beliefs.covariance_ = means(GLOBAL), np.diag(widths(GLOBAL) ** 2)
        beliefs.own_, beliefs.own_variance_ = np.zeros((1, OWNED)), widths(OWN)[None] ** 2
        beliefs.neighbours_ = beliefs.thrust_ = None
        return beliefs

    def fit(self, signals: Signals, outcomes: Outcomes, experts: Sequence[str]) -> Self:
        """From the signals and outcomes of n pairs; `neighbours_` and `thrust_` are the caller's to set."""
        from scipy.optimize import minimize

        self.experts_ = tuple(experts)
        self.neighbours_ = self.thrust_ = None
        centre, spread = _priors(len(experts))
        objective = Objective(signals, outcomes, centre, spread)
        found = minimize(objective, centre, jac=True, method="L-BFGS-B", options={"maxiter": 500})
        covariance = np.linalg.inv(objective.information(found.x))
        self.weights_, self.covariance_ = found.x[:WIDTH], covariance[:WIDTH, :WIDTH]
        stranger = np.zeros((1, OWNED)), widths(OWN)[None] ** 2
        own_variance = np.diag(covariance)[WIDTH:].reshape(-1, OWNED)
        self.own_ = np.concatenate([found.x[WIDTH:].reshape(-1, OWNED), stranger[0]])
        self.own_variance_ = np.concatenate([own_variance, stranger[1]])
        return self


class Objective:
    """Minus the log of the posterior, up to a constant: penalties, and for each pair the chances of both outcomes.

    A score between 0 and 1 counts as that share of a right answer and the rest of a wrong one.
    """

    def __init__(self, signals: Signals, outcomes: Outcomes, centre: Array, spread: Array) -> None:
        self._signals = signals
        self._outcomes = outcomes
        self._centre = centre
        self._spread = spread

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """The value and its gradient (21 + 3 e,)."""
        parts = self._parts(*self._chances(parameters))
        away = (parameters - self._centre) / self._spread
        value, gradient = 0.5 * float(away @ away), away / self._spread
        for chance, slope, target, weight in parts:
            value -= float(weight @ (target * np.log(chance) + (1 - target) * np.log1p(-chance)))
            gradient += self._gathered(slope, weight * (chance - target) / (chance * (1 - chance)))
        return value, gradient

    def information(self, parameters: Array) -> Array:
        """Fisher's, with the priors' precision."""
        parts = self._parts(*self._chances(parameters))
        total = np.diag(self._spread**-2.0)
        for chance, slope, _, weight in parts:
            rows = self._rows(slope)
            total += rows.T @ (rows * (weight / (chance * (1 - chance)))[:, None])
        return total

    def _chances(self, parameters: Array) -> tuple[Chances, Slopes, Array]:
        own = parameters[WIDTH:].reshape(-1, OWNED)[self._outcomes.experts]
        expected, known = holding(self._signals, parameters[:WIDTH]), self._outcomes.holds
        holds = np.where(np.isnan(known), expected, known)
        found = read_chances(self._signals, holds, parameters[:WIDTH], own)
        return found, slopes(self._signals, found), expected

    def _parts(self, found: Chances, by: Slopes, expected: Array) -> tuple[tuple[Array, Array, Array, Array], ...]:
        """What is right without documents; with them where it was right without; where it was not; what they hold."""
        outcomes = self._outcomes
        without, weights = outcomes.without, outcomes.weights
        return (
            (_inside(found.knows), by.knows, without, weights),
            (_inside(found.kept), by.kept, outcomes.documented, weights * without),
            (_inside(found.helped), by.helped, outcomes.documented, weights * (1 - without)),
            (
                _inside(expected),
                holding_slopes(self._signals, expected),
                np.nan_to_num(outcomes.holds),
                outcomes.sights * ~np.isnan(outcomes.holds),
            ),
        )

    def _gathered(self, slope: Array, residuals: Array) -> Array:
        own = np.zeros(((len(self._centre) - WIDTH) // OWNED, OWNED))
        np.add.at(own, self._outcomes.experts, slope[:, WIDTH:] * residuals[:, None])
        return np.concatenate([slope[:, :WIDTH].T @ residuals, own.ravel()])

    def _rows(self, slope: Array) -> Array:
        """(n, 21 + 3 e): every expert's own columns where they belong."""
        rows = np.zeros((len(slope), len(self._centre)))
        rows[:, :WIDTH] = slope[:, :WIDTH]
        places = WIDTH + OWNED * self._outcomes.experts[:, None] + np.arange(OWNED)
        np.put_along_axis(rows, places, slope[:, WIDTH:], axis=1)
        return rows


def _priors(experts: int) -> tuple[Array, Array]:
    centre = np.concatenate([means(GLOBAL), np.zeros(OWNED * experts)])
    return centre, np.concatenate([widths(GLOBAL), np.tile(widths(OWN), experts)])


def _inside(chance: Array) -> Array:
    return np.clip(chance, CERTAIN, 1 - CERTAIN)
