"""Where logs cannot say what a target would do, and what to log so that they can. Estimates nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.counterfactual.bounds import Mean
from eval.counterfactual.propensities import ALARM, wrong_draws
from eval.counterfactual.usable import SURE, Usable
from routers.base import Array

MIN_ESS = 20.0
"""Below so many effective conversations intervals do not hold what they promise (see `coverage`)."""
MAX_OUTSIDE = 0.05
"""The share of the target's mass that may be a model's guess; intervals are wider by what it could be worth."""
MAX_LEFT_OUT = 0.10
"""The share of decisions that may lack a usable propensity: those who lack one need not be like the others."""
EXPLORE = 0.05
"""The share of random draws that is advised, unless more were made."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the logs hold for one target. outside: a share of its mass. ess: of its weights, over conversations."""

    logs: Usable
    chances: Array
    outside: float
    ess: float
    weight: Mean


def refusal_of_logs(logs: Usable) -> str | None:
    """Why these logs can judge nobody, and what to do; None where they may."""
    if not logs.decisions:
        return "there is no decision in the logs; widen the period, or serve with the record on"
    if logs.left_out > MAX_LEFT_OUT * logs.decisions:
        share = f"{logs.left_out} of {logs.decisions} decisions have no propensity in (0, 1]"
        return f"{share}; log the chance with which each expert was drawn, and leave older decisions out"
    if not logs.known.any():
        return _without_outcomes(logs)
    if logs.clusters.max() == 0:
        return "all decisions are of one conversation; log more of them"
    wrong = wrong_draws(logs)
    return None if wrong is None else f"the logged propensities are wrong: {wrong}; correct what writes them"


def refusal_of_target(reach: Reach) -> str | None:
    """Why the logs cannot judge this target, and what to do; None where they can."""
    if reach.outside > MAX_OUTSIDE:
        return _unsupported(reach)
    low, high = reach.weight.interval(ALARM)
    if not low <= 1 <= high:
        found = f"weights average {reach.weight.value:.3g} ({low:.3g} to {high:.3g}) where they must average 1"
        return f"the logged propensities are wrong: {found}; correct what writes them"
    if reach.ess < MIN_ESS:
        few = f"only {reach.ess:.1f} effective decisions are like the target's, {MIN_ESS:.0f} are needed"
        return f"{few}; {_advice(reach)}"
    return None


def enough(logs: Usable, chances: Array, explore: float) -> int:
    """How many decisions at this share of random draws give the target twice `MIN_ESS` effective ones.

    A draw over k experts has the chance explore / k, and whom the policy prefers 1 - explore more; the effective size
    of n weights is n / mean(w^2) (Kish, 1965), of which those with an outcome count.
    """
    allowed = logs.allowed | (chances > 0)
    drawn = explore / allowed.sum(axis=1, keepdims=True) + (1 - explore) * _preferred(logs)
    squares = float((chances**2 / drawn).sum(axis=1).mean())
    heard = max(float(logs.known.mean()), 1 / len(logs))
    return int(np.ceil(_rounded(2 * MIN_ESS * squares / heard)))


def _preferred(logs: Usable) -> Array:
    """(n, m) one at whom the policy that logged would most likely ask; the action, where that is not known."""
    chances = np.where(np.isnan(logs.explored).any(axis=1, keepdims=True), 0.0, logs.explored)
    chances[np.arange(len(logs)), logs.action] += 1e-9
    preferred: Array = np.eye(len(logs.experts))[chances.argmax(axis=1)]
    return preferred


def _rounded(count: float) -> float:
    """Up to two figures."""
    unit = 10.0 ** max(0, int(np.floor(np.log10(max(count, 1.0)))) - 1)
    return float(np.ceil(count / unit)) * unit


def _unsupported(reach: Reach) -> str:
    logs, share = reach.logs, f"{100 * reach.outside:.0f} % of its choices"
    if (logs.propensity >= SURE).all():
        return f"nothing was explored, and the target differs on {share}; {_advice(reach)}"
    mass = np.where(logs.outside(reach.chances), reach.chances, 0.0).sum(axis=0)
    named = ", ".join(logs.experts[m] for m in np.argsort(-mass)[:3] if mass[m] > 0)
    silent = f"the logs cannot speak of {share}, which go to experts that were not tried there ({named})"
    return f"{silent}; {_advice(reach)}"


def _advice(reach: Reach) -> str:
    explore = max(EXPLORE, _explored(reach.logs))
    return f"log with `explore: {explore:g}` for about {enough(reach.logs, reach.chances, explore):,} decisions"


def _explored(logs: Usable) -> float:
    """The share of random draws in these logs, 0 where it is not known: one of k goes k - 1 times elsewhere."""
    told = logs.told & (logs.allowed.sum(axis=1) > 1)
    if not told.any():
        return 0.0
    k = logs.allowed[told].sum(axis=1)
    return round(float(((1 - logs.explored[told].max(axis=1)) * k / (k - 1)).mean()), 2)


def _without_outcomes(logs: Usable) -> str:
    if logs.outcome == "reward":
        return "no decision has feedback; send some with POST /v1/feedback, or let an expert judge recorded answers"
    return f"no decision has a {logs.outcome}; widen the period"
