"""What is learned of the logs once, for every target that is judged by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.counterfactual.folds import folds_of
from eval.counterfactual.judgement import Outcome
from eval.counterfactual.logs import Logs
from eval.counterfactual.outcome_model import outcomes_expected
from eval.counterfactual.response import response_chances
from eval.counterfactual.usable import Usable, usable
from routers.base import Array

PSEUDO = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """expected: (n, m) the outcome of each expert on each usable row, as a model says that did not see the row.

    answered: (n,) one over the chance of the outcome to be known, 0 where it is not.
    """

    logs: Usable
    expected: Array
    answered: Array

    @property
    def of_action(self) -> Array:
        """(n,) what the model says of what was done."""
        of: Array = self.expected[np.arange(len(self.logs)), self.logs.action]
        return of

    @property
    def residual(self) -> Array:
        """(n,) how far the outcome was from that, weighted up for the outcomes that are not known."""
        residual: Array = self.answered * (self.logs.value - self.of_action)
        return residual

    def noise(self, ess: float) -> Array:
        """(n,) the variance that the outcome of what was done has at least, whatever came of it here.

        Of a verdict q (1 - q), of a graded reward a share of that, of a cost or a latency a share of its square. Where
        all went well q is not 1: two successes and two failures are added to `ess` (Agresti and Coull, 1998).
        """
        logs, said = self.logs, self.of_action
        if logs.outcome == "reward":
            mixed = (said * ess + PSEUDO) / (ess + 2 * PSEUDO)
            scale = mixed * (1 - mixed)
            if not ((logs.value > 0) & (logs.value < 1)).any():
                return scale
        else:
            scale = said**2
        off, total = (logs.value - said)[logs.known] ** 2, float(scale[logs.known].sum())
        share: Array = scale * (min(float(off.sum()) / total, 1.0) if total > 0 else 0.0)
        return share

    @property
    def logged_chances(self) -> Array:
        """(n, m) the chances of the policy that logged; where they are not known, as if only the action could be."""
        one_hot = np.eye(len(self.logs.experts))[self.logs.action]
        known = ~np.isnan(self.logs.explored).any(axis=1, keepdims=True)
        chances: Array = np.where(known, self.logs.explored, one_hot)
        return chances

    @property
    def of_logged(self) -> Array:
        """(n,) doubly robust values of the policy that logged."""
        values: Array = (self.logged_chances * self.expected).sum(axis=1) + self.residual
        return values


def learn(logs: Logs, outcome: Outcome = "reward", seed: int = 0) -> Learned:
    """Fit the outcome model and the response chances. seed: of how conversations are dealt into folds."""
    rows = usable(logs, outcome)
    folds = folds_of(rows.clusters, seed)
    expected = outcomes_expected(rows, folds)
    chances = response_chances(rows, expected, folds)
    return Learned(rows, expected, np.where(rows.known, 1 / chances, 0.0))
