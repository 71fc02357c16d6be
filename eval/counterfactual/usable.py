"""Logs as estimators need them: rows whose draw is known, one outcome, who could have been drawn. Estimates nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.counterfactual.judgement import Outcome
from eval.counterfactual.logs import Logs, Target
from routers.base import Array

SURE = 1 - 1e-9
"""A draw of this chance was none."""
AGREE = 1e-6
"""How far two accounts of one chance may be apart."""
WHOLE = 1e-6
"""How far the chances of a target may be from adding up to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Usable:
    """n rows of the logs, m experts.

    rows: (n,) their places in the logs. allowed, supported: (n, m) bool, who could have been asked, and been drawn.
    tried: (m,) bool, who ever was, with an outcome. value: (n,) the outcome, 0 where it is not known. expected: (n, m)
    what was expected of it, NaN unknown. clusters: (n,) 0 to G - 1. high: the most that the outcome can be, or ever
    was; the least is 0. strange: outcomes that are none (a reward outside [0, 1], a negative cost). decisions: the
    length of the logs.
    """

    outcome: Outcome
    experts: tuple[str, ...]
    rows: Array
    action: Array
    propensity: Array
    explored: Array
    allowed: Array
    supported: Array
    tried: Array
    known: Array
    value: Array
    expected: Array
    clusters: Array
    high: float
    strange: int
    decisions: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def left_out(self) -> int:
        return self.decisions - len(self)

    @property
    def told(self) -> Array:
        """(n,) bool: whose every expert's chance is known."""
        told: Array = np.asarray(~np.isnan(self.explored).any(axis=1))
        return told

    def weights(self, chances: Array) -> Array:
        """(n,) how much likelier the target's chances (n, m) make what was done."""
        weights: Array = chances[np.arange(len(self)), self.action] / self.propensity
        return weights

    def outside(self, chances: Array) -> Array:
        """(n, m) bool: where the target may go and the logs never could have, or never did with an outcome."""
        outside: Array = (chances > 0) & ~(self.supported & self.tried)
        return outside


def usable(logs: Logs, outcome: Outcome) -> Usable:
    """The rows whose propensity is a chance; what is wrong with the others' is not guessed."""
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((logs.propensity > 0) & (logs.propensity <= 1))
    value = np.asarray(getattr(logs, outcome), dtype=np.float64)[rows]
    with np.errstate(invalid="ignore"):
        known = (value >= 0) & (value <= (1.0 if outcome == "reward" else np.finfo(np.float64).max))
    action = logs.action[rows].astype(np.intp)
    value = np.where(known, value, 0.0)
    return Usable(
        outcome=outcome,
        experts=logs.experts,
        rows=rows,
        action=action,
        propensity=logs.propensity[rows],
        explored=_told(logs, rows, action),
        allowed=logs.allowed[rows].astype(bool),
        supported=_supported(logs, rows, action),
        tried=np.bincount(action[known], minlength=len(logs.experts)) > 0,
        known=known,
        value=value,
        expected=(logs.predicted if outcome == "reward" else logs.expected_usd)[rows],
        clusters=np.unique(logs.groups[rows], return_inverse=True)[1],
        high=1.0 if outcome == "reward" else float(value.max(initial=0.0)),
        strange=int((~known & ~np.isnan(getattr(logs, outcome)[rows])).sum()),
        decisions=len(logs),
    )


def chances_for(target: Target, logs: Usable) -> Array:
    """(n, m) the target's chances on the usable rows. ValueError where they are no chances."""
    given = np.asarray(target.chances, dtype=np.float64)
    if given.shape != (logs.decisions, len(logs.experts)):
        wanted = (logs.decisions, len(logs.experts))
        raise ValueError(f"the chances of {target.name} are {given.shape}; the logs need {wanted}")
    chances: Array = given[logs.rows]
    if not (np.isfinite(chances).all() and (chances >= 0).all() and (abs(chances.sum(axis=1) - 1) <= WHOLE).all()):
        raise ValueError(f"the chances of {target.name} must be at least 0 and add up to 1 on every decision")
    return chances


def _told(logs: Logs, rows: Array, action: Array) -> Array:
    """(n, m) every expert's chance; NaN on rows where they do not agree with the action's."""
    explored = logs.explored[rows].astype(np.float64)
    with np.errstate(invalid="ignore"):
        agree = abs(explored[np.arange(len(rows)), action] - logs.propensity[rows]) <= AGREE
    explored[~agree] = np.nan
    return explored


def _supported(logs: Logs, rows: Array, action: Array) -> Array:
    """(n, m) bool. Where only the action's chance is known, anybody allowed could have been drawn unless that was 1."""
    explored, allowed = _told(logs, rows, action), logs.allowed[rows].astype(bool)
    alone = (logs.propensity[rows] >= SURE)[:, None] & (np.arange(allowed.shape[1]) != action[:, None])
    with np.errstate(invalid="ignore"):
        never = np.where(np.isnan(explored), alone, explored <= 0)
    supported: Array = allowed & ~never
    supported[np.arange(len(rows)), action] = True
    return supported
