"""The tables of an evaluation, for a person. Computes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eval.bench.tables import Sheet
from eval.metrics.bootstrap import Interval
from eval.report.ink import distinct, short
from eval.routing.abstaining import CALIBRATED, Selective
from eval.routing.folded import FITTED
from eval.routing.means import Figure
from eval.routing.rows import Row
from eval.routing.sweep import Budget
from eval.routing.yardsticks import SINGLE
from routers.selective import TOLD

ORDER = ("router", "strategy", "baseline", "oracle")
QUALITY = ("", "n", "accuracy", "gain on best single", "p", "")
EXPERTS = ("expert", "n", "accuracy", "gain on best single", "p", "", "$ per 1k")
BUDGETS = ("", "$ per 1k", "10⁹ params", "tokens", "cost saved")
LEFT = ("", "gap to oracle", "to fitted oracle", "found where 1-3 know", "gain on random")
PRICED = ("", "AIQ", "over zero router", "arena score", "cheapest right chosen")
TRADED = ("", "PGR", "APGR", "CPT 50 %", "CPT 80 %")
SELECTIVE = ("", "AURC", "E-AURC", *(f"{wrong:.0%} may be wrong" for wrong in TOLD))
CHANCES = ("", "AUC", "mean AUC", "ECE", "by mass", "Brier", "NLL")
NONE = "-"
STAR = " *"
"""Behind the name of a row that was fitted on these questions, whom a line below explains."""


def headlines(rows: Sequence[Row]) -> list[Row]:
    """The rows without a setting: routers first, single experts last, the most accurate first in each part."""
    without = (row for row in rows if row.thrift is None)
    return sorted(without, key=lambda row: (row.name.startswith(SINGLE), ORDER.index(row.kind), -row.accuracy))


def row_sheets(rows: Sequence[Row]) -> list[Sheet]:
    """Who answers best; at what price, where that is known; what is left; and whose chances can be believed."""
    experts = [row for row in rows if row.name.startswith(SINGLE)]
    others = [row for row in rows if not row.name.startswith(SINGLE)]
    compared, routers = [row for row in others if row.kind != "oracle"], [row for row in others if row.chances]
    found = [Sheet(QUALITY, [_quality(row) for row in others]), _experts(experts)]
    if any(row.cost_usd_per_1k is not None or row.active_params_b is not None for row in others):
        found.append(Sheet(BUDGETS, [_budget(row) for row in others]))
    found.append(Sheet(LEFT, [_left(row) for row in compared]))
    if any(row.measures.arena.value is not None for row in compared):
        found.append(Sheet(PRICED, [_priced(row) for row in compared]))
    if any(row.measures.pgr.value is not None for row in compared):
        found.append(Sheet(TRADED, [_traded(row) for row in compared]))
    if routers:
        found.append(Sheet(CHANCES, [_chances(row) for row in routers]))
    return found


def selective_sheet(found: Mapping[str, Selective]) -> Sheet:
    """Where a share may be wrong: how much is answered."""
    return Sheet(SELECTIVE, [_selective(*one) for one in found.items()])


def number(value: float | None, form: str) -> str:
    """Or that it is not known."""
    return NONE if value is None else f"{value:{form}}"


def between(found: Interval | None, sign: str = "", form: str = ".3f") -> str:
    return NONE if found is None else f"[{found[0]:{sign}{form}}, {found[1]:{sign}{form}}]"


def told(figure: Figure, sign: str = "", form: str = ".3f") -> str:
    """With its interval."""
    if figure.value is None:
        return NONE
    interval = "" if figure.interval is None else between(figure.interval, sign, form)
    return f"{figure.value:{sign}{form}} {interval}".strip()


def _quality(row: Row) -> list[str]:
    versus = row.versus
    return [
        _title(row.name),
        f"{row.n:,}",
        told(Figure(row.accuracy, row.accuracy_interval)),
        told(Figure(None if math.isnan(versus.difference) else versus.difference, versus.difference_interval), "+"),
        f"{versus.p_value:.3f}",
        f"{versus.verdict}, not worse" if versus.verdict == "noise" and versus.not_worse else versus.verdict,
    ]


def _experts(rows: Sequence[Row]) -> Sheet:
    """Each alone; their price stands here where it is known."""
    priced = any(row.cost_usd_per_1k is not None for row in rows)
    names = distinct([row.name.removeprefix(SINGLE) for row in rows])
    lines = [
        [name, *_quality(row)[1:], *([number(row.cost_usd_per_1k, ".3f")] if priced else [])]
        for name, row in zip(names, rows, strict=True)
    ]
    return Sheet(EXPERTS if priced else EXPERTS[:-1], lines)


def _budget(row: Row) -> list[str]:
    budget = row.budget or Budget()
    return [
        _title(row.name),
        told(Figure(row.cost_usd_per_1k, row.measures.cost_usd_per_1k.interval)),
        number(row.active_params_b, ".1f"),
        number(row.measures.tokens_per_query.value, ",.0f"),
        told(Figure(budget.cost_save, budget.cost_save_interval), form=".0%"),
    ]


def _left(row: Row) -> list[str]:
    found = row.measures
    figures = (found.oracle_gap, found.oracle_gap_shrunk, found.recall)
    return [_title(row.name), *(told(figure) for figure in figures), told(found.gain_at_random, "+")]


def _priced(row: Row) -> list[str]:
    budget = row.budget or Budget()
    area = Figure(budget.aiq, budget.aiq_interval), Figure(budget.aiq_gain, budget.aiq_gain_interval)
    found = row.measures
    return [_title(row.name), told(area[0]), told(area[1], "+"), told(found.arena), told(found.opt_sel)]


def _traded(row: Row) -> list[str]:
    found = row.measures
    return [_title(row.name), *(told(figure) for figure in (found.pgr, found.apgr, found.cpt_50, found.cpt_80))]


def _chances(row: Row) -> list[str]:
    one, surely = row.chances, row.chance_intervals
    assert one is not None
    return [
        _title(row.name),
        told(Figure(one.auc, surely.get("auc"))),
        number(one.auc_mean, ".3f"),
        told(Figure(one.ece, surely.get("ece"))),
        number(one.ece_mass, ".3f"),
        number(one.brier, ".3f"),
        told(Figure(one.nll, surely.get("nll"))),
    ]


def _selective(name: str, selective: Selective) -> list[str]:
    """Of each allowed share: how much is answered, and how much of that is wrong."""
    calibrated = [one for one in selective.answered if one.rule == CALIBRATED]
    shares = [f"{one.answered:.0%} ({number(one.share_wrong, '.1%')})" for one in calibrated]
    return [_title(name), f"{selective.aurc:.3f}", f"{selective.e_aurc:.3f}", *shares]


def _title(name: str) -> str:
    """Short enough for a line beside its figures."""
    own = name.removeprefix(SINGLE)
    return f"{short(own.removesuffix(FITTED))}{STAR}" if own.endswith(FITTED) else short(own)
