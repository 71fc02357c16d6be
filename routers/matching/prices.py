"""Prices of room and of money: the dual of the assignment problem, smoothed and minimised over all queries at once.

D(p, r) = sum_i max_j (u_ij - r c_ij - p_j) + p · rooms + r budget is above every assignment for any p, r >= 0. It has
as many unknowns as there are experts, however many queries; the maximum is softened to a log-sum-exp, less and less
(Nesterov, Smooth minimization of non-smooth functions, 2005), so that a quasi-Newton method finds its way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.matching.problem import Problem

SOFTNESS = (0.1, 0.02, 0.004)
"""Of the range of worth, step by step."""
ITERATIONS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """room: (m + 1,) of one place at each expert. per_dollar: of money. Both in units of utility, 0 or more."""

    room: Array
    per_dollar: float = 0.0


def bound(problem: Problem, prices: Prices) -> float:
    """D above: no assignment has a higher value, whatever the prices."""
    best = (problem.priced(prices.per_dollar) - prices.room).max(axis=1).sum()
    money = prices.per_dollar * problem.budget if prices.per_dollar else 0.0
    return float(best + prices.room @ problem.rooms + money)


def estimate(problem: Problem) -> Prices:
    """Prices near the lowest bound."""
    from scipy.optimize import minimize

    columns = len(problem.rooms)
    unit = _unit(problem.worth)
    dollar = _mean_cost(problem)
    x = np.zeros(columns + (dollar > 0))
    for softness in SOFTNESS:
        soft = _Soft(problem, unit, dollar, softness)
        found = minimize(
            soft, x, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(x), options={"maxiter": ITERATIONS}
        )
        x = found.x
    return Prices(x[:columns] * unit, x[columns] * unit / dollar if dollar else 0.0)


def _unit(worth: Array) -> float:
    """The range of worth; where all inside are worth the same, how much less staying out is."""
    inside = worth[:, :-1][np.isfinite(worth[:, :-1])]
    if not inside.size:
        return 1.0
    range_, out = float(np.ptp(inside)), float(inside.max() - worth[:, -1].min())
    return range_ if range_ > 1e-6 * out else out


def _mean_cost(problem: Problem) -> float:
    """Dollars; 0 where money is no matter."""
    return float(problem.cost.mean()) if np.isfinite(problem.budget) else 0.0


class _Soft:
    """The smoothed bound a query and its gradient, in units of the range of worth and of the mean cost."""

    def __init__(self, problem: Problem, unit: float, dollar: float, softness: float) -> None:
        self._worth = problem.worth / unit
        self._cost = problem.cost / dollar if dollar else None
        self._limits = np.append(problem.rooms, problem.budget / dollar) if dollar else problem.rooms
        self._softness = softness

    def __call__(self, x: Array) -> tuple[float, Array]:
        n, columns = self._worth.shape
        share = self._worth - x[:columns]
        if self._cost is not None:
            share -= x[columns] * self._cost
        top = share.max(axis=1, keepdims=True)
        share = np.exp((share - top) / self._softness)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        value = top.sum() + self._softness * np.log(total).sum() + x @ self._limits
        used = share.sum(axis=0)
        if self._cost is not None:
            used = np.append(used, (share * self._cost).sum())
        n = max(n, 1)
        return value / n, (self._limits - used) / n
