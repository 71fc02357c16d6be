"""How often intervals hold the truth, and how far estimates are off. Knows neither worlds nor recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eval.bench.tables import Sheet
from eval.counterfactual.judgement import Estimate, Interval, Judgement

DIFFERENCE, LOGGED = "difference", "logged"


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement beside the true values of its target and of the policy that logged."""

    found: Judgement
    target: float
    logged: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one estimator. covered: the share of cases whose interval holds the truth, with its own 95 % interval.

    rmse, bias: of the values. width: of the intervals, on average.
    """

    estimator: str
    cases: int
    covered: float
    interval: Interval
    rmse: float
    bias: float
    width: float


def coverage(cases: Iterable[Judged]) -> tuple[Coverage, ...]:
    """By estimator, over the cases that are not refused."""
    by_name: dict[str, list[tuple[float, bool, float]]] = {}
    for case in cases:
        for name, found, truth in _estimates(case):
            low, high = found.interval
            by_name.setdefault(name, []).append((found.value - truth, low <= truth <= high, high - low))
    return tuple(_summed(name, found) for name, found in by_name.items())


def sheet(rows: Sequence[Coverage]) -> Sheet:
    """As a terminal shows it."""
    head = ("estimator", "cases", "truth held", "95 % of that", "RMSE", "bias", "mean width")
    return Sheet(head, [_written(row) for row in rows])


def _estimates(case: Judged) -> Iterator[tuple[str, Estimate, float]]:
    found = case.found
    if found.refusal is not None or found.logged is None or found.difference is None:
        return
    for name, estimate in found.estimates.items():
        yield name, estimate, case.target
    yield DIFFERENCE, found.difference, case.target - case.logged
    yield LOGGED, found.logged, case.logged


def _summed(name: str, found: Sequence[tuple[float, bool, float]]) -> Coverage:
    from scipy.stats import binomtest

    errors, covered, widths = (np.array(column) for column in zip(*found, strict=True))
    share = binomtest(int(covered.sum()), len(covered)).proportion_ci(method="wilson")
    rmse = float(np.sqrt((errors**2).mean()))
    within = float(share.low), float(share.high)
    return Coverage(name, len(found), float(covered.mean()), within, rmse, float(errors.mean()), float(widths.mean()))


def _written(row: Coverage) -> tuple[str, ...]:
    low, high = row.interval
    within = f"{100 * low:.1f} to {100 * high:.1f}"
    figures = (f"{figure:.4g}" for figure in (row.rmse, row.bias, row.width))
    return row.estimator, str(row.cases), f"{100 * row.covered:.1f} %", within, *figures
