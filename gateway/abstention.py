"""A plan in the face of doubt: who is not likely enough to be right does not go first, or nobody is asked at all.

Looks at chances before anybody is asked; what an answer is worth once it is there, the strategies know. Asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gateway.doubt import Doubt
from gateway.estimates import Estimates
from gateway.form import Form
from gateway.types import ALONE, Plan
from routers.base import Array

ABSTAIN = "abstain"
"""The strategy that asks nobody."""
JUDGING = frozenset({"vote", "sequential", "fuse", "best_of", "cascade"})
"""Strategies that always say how sure an answer is that can be compared with others."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """form: of the answer. locked: nobody but the first expert can go on."""

    form: Form
    locked: bool


def doubtful(estimates: Estimates, doubt: Doubt | None, late: Array) -> Array:
    """(m,) bool: who should not answer, because another one in time is likely enough to be right and this one is not.

    Where nobody is, it makes no difference whom one asks.
    """
    if doubt is None:
        return np.zeros(len(estimates), dtype=bool)
    under: Array = estimates.score < doubt.first
    return np.zeros_like(under) if (under | late).all() else under


def abstaining(plan: Plan, estimates: Estimates, circumstances: Circumstances) -> Plan:
    """The plan under its doubt, where whoever goes first is not likely enough to be right.

    Answers that can be compared are judged once they are there: together they may do what none does alone.
    """
    doubt, first = plan.doubt, plan.experts[0]
    if doubt is None or circumstances.locked:
        return plan
    chances = dict(zip(estimates.experts, estimates.score.tolist(), strict=True))
    if chances[first] >= doubt.first:
        return _without_doubtful(plan, chances, doubt)
    if plan.strategy in JUDGING and circumstances.form.checkable:
        return plan
    best = max(plan.experts, key=chances.__getitem__)
    said = f"nobody is likely enough to know: {best} is right with chance {chances[best]:.2f}, below {doubt.first:.2f}"
    if doubt.then == "say":
        return replace(plan, strategy=ABSTAIN, propensity=1.0, reason=said)
    to = doubt.to
    if doubt.then == "state" or to == first or to not in plan.experts:
        return replace(plan, reason=f"{plan.reason}; {said}")
    others = (name for name in plan.experts if name != to)
    return replace(plan, experts=(to, *others), propensity=1.0, reason=f"{said}, so {to} goes first, whatever it costs")


def _without_doubtful(plan: Plan, chances: Mapping[str, float], doubt: Doubt) -> Plan:
    """Where it is better said that one does not know, nobody doubtful answers in the place of one who fails."""
    if doubt.then != "say" or plan.strategy not in ALONE:
        return plan
    return replace(plan, experts=tuple(name for name in plan.experts if chances[name] >= doubt.first))
