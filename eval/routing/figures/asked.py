"""Whom questions go to before there is a router, and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.report.parts import Figure, Missing
from eval.report.plots.asked import MOST, OTHERS, Asked, Shares
from eval.routing.figures.lead import NO_ROUTER, choice_of, lead_of
from eval.routing.folded import FITTED, PER_CATEGORY
from eval.routing.run import Evaluation
from eval.routing.yardsticks import TRUE_CATEGORY
from gateway.experts import DEFAULT_THRIFT
from routers.base import Array

LEAST, FEWEST = 0.005, 2
"""The share from which an expert is named, and how many of the others make a row of their own."""
BEFORE = (PER_CATEGORY, PER_CATEGORY + FITTED, TRUE_CATEGORY)
"""What would be done without a router, the first of these that is there."""


def asked(evaluation: Evaluation) -> Figure:
    """Before: one expert for each category; after: the lead router, by quality alone and at the default thrift."""
    lead, before = lead_of(evaluation), next(filter(None, (choice_of(evaluation, name) for name in BEFORE)), None)
    after = None if lead is None else choice_of(evaluation, lead)
    if lead is None or after is None or before is None:
        return Missing(Asked.key, Asked.heading, NO_ROUTER)
    ways = {before.name: before, f"{lead}, quality alone": after}
    thrifty = choice_of(evaluation, lead, DEFAULT_THRIFT)
    if thrifty is not None:
        ways[f"{lead}, thrift {DEFAULT_THRIFT:g}"] = thrifty
    experts = evaluation.trial.experts
    columns = np.array([[way.share.get(name, 0.0) for way in ways.values()] for name in experts])
    return Asked(tuple(ways), shares(experts, columns, evaluation.best_expert))


def shares(experts: Sequence[str], columns: Array, best: str) -> tuple[Shares, ...]:
    """columns: (m, ways) the share of the questions. The most asked by name, the others as one."""
    own = zip(experts, columns.tolist(), strict=True)
    rows = [Shares(name, tuple(row), best=name == best) for name, row in own]
    ranked = sorted(rows, key=lambda row: (-max(row.shares), row.name))
    named = [row for k, row in enumerate(ranked) if row.best or (k < MOST and max(row.shares) >= LEAST)]
    rest = [row for row in ranked if row not in named]
    if len(ranked) <= MOST or len(rest) < FEWEST:
        return tuple(_by_after(ranked))
    together = tuple(sum(column) for column in zip(*(row.shares for row in rest), strict=True))
    return (*_by_after(named), Shares(f"{len(rest)} {OTHERS}", together))


def _by_after(rows: list[Shares]) -> list[Shares]:
    return sorted(rows, key=lambda row: (-row.shares[1], -row.shares[0], row.name))
