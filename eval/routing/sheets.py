"""The tables of an evaluation, for a person. Computes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eval.bench.tables import Sheet
from eval.metrics.bootstrap import Interval
from eval.routing.abstaining import CALIBRATED, Selective
from eval.routing.means import Figure
from eval.routing.rows import Row
from eval.routing.sweep import Budget
from eval.routing.yardsticks import SINGLE
from routers.selective import TOLD

ORDER = ("router", "strategy", "baseline", "oracle")
QUALITY = ("", "n", "accuracy", "95 %", "gain on best single", "95 %", "p", "")
BUDGETS = ("", "$ per 1k", "95 %", "10⁹ params", "tokens", "cost saved", "95 %")
LEFT = ("", "gap to oracle", "to fitted oracle", "found where 1-3 know", "gain on random")
PRICED = ("", "AIQ", "over zero router", "arena score", "cheapest right chosen")
TRADED = ("", "PGR", "APGR", "CPT 50 %", "CPT 80 %")
SELECTIVE = ("", "AURC", "E-AURC", *(f"{wrong:.0%} may be wrong" for wrong in TOLD))
CHANCES = ("", "AUC", "mean AUC", "ECE", "ECE (mass)", "Brier", "NLL")
NONE = "-"


def headlines(rows: Sequence[Row]) -> list[Row]:
    """The rows without a setting: routers first, single experts last, the most accurate first in each part."""
    without = (row for row in rows if row.thrift is None)
    return sorted(without, key=lambda row: (row.name.startswith(SINGLE), ORDER.index(row.kind), -row.accuracy))


def row_sheets(rows: Sequence[Row]) -> list[Sheet]:
    """Who answers best; at what price, where that is known; what is left; and whose chances can be believed."""
    found, routers = [Sheet(QUALITY, [_quality(row) for row in rows])], [row for row in rows if row.chances is not None]
    compared = [row for row in rows if row.kind != "oracle" and not row.name.startswith(SINGLE)]
    if any(row.cost_usd_per_1k is not None or row.active_params_b is not None for row in rows):
        found.append(Sheet(BUDGETS, [_budget(row) for row in rows]))
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


def between(found: Interval | None, sign: str = "", form: str = ".3f") -> str:
    return NONE if found is None else f"[{found[0]:{sign}{form}}, {found[1]:{sign}{form}}]"


def told(figure: Figure, sign: str = "") -> str:
    """With its interval."""
    if figure.value is None:
        return NONE
    return f"{figure.value:{sign}.3f} {'' if figure.interval is None else between(figure.interval, sign)}".strip()


def _quality(row: Row) -> list[str]:
    versus = row.versus
    return [
        _title(row),
        f"{row.n:,}",
        f"{row.accuracy:.3f}",
        between(row.accuracy_interval),
        NONE if math.isnan(versus.difference) else f"{versus.difference:+.3f}",
        between(versus.difference_interval, "+"),
        f"{versus.p_value:.3f}",
        f"{versus.verdict}, not worse" if versus.verdict == "noise" and versus.not_worse else versus.verdict,
    ]


def _budget(row: Row) -> list[str]:
    budget = row.budget or Budget()
    return [
        _title(row),
        _figure(row.cost_usd_per_1k, ".3f"),
        between(row.measures.cost_usd_per_1k.interval),
        _figure(row.active_params_b, ".1f"),
        _figure(row.measures.tokens_per_query.value, ",.0f"),
        _figure(budget.cost_save, ".0%"),
        between(budget.cost_save_interval, form=".0%"),
    ]


def _left(row: Row) -> list[str]:
    found = row.measures
    figures = (found.oracle_gap, found.oracle_gap_shrunk, found.recall)
    return [_title(row), *(told(figure) for figure in figures), told(found.gain_at_random, "+")]


def _priced(row: Row) -> list[str]:
    budget = row.budget or Budget()
    area = Figure(budget.aiq, budget.aiq_interval), Figure(budget.aiq_gain, budget.aiq_gain_interval)
    found = row.measures
    return [_title(row), told(area[0]), told(area[1], "+"), told(found.arena), told(found.opt_sel)]


def _traded(row: Row) -> list[str]:
    found = row.measures
    return [_title(row), *(told(figure) for figure in (found.pgr, found.apgr, found.cpt_50, found.cpt_80))]


def _chances(row: Row) -> list[str]:
    one, surely = row.chances, row.chance_intervals
    assert one is not None
    return [
        row.name,
        told(Figure(one.auc, surely.get("auc"))),
        _figure(one.auc_mean, ".3f"),
        told(Figure(one.ece, surely.get("ece"))),
        _figure(one.ece_mass, ".3f"),
        _figure(one.brier, ".3f"),
        told(Figure(one.nll, surely.get("nll"))),
    ]


def _selective(name: str, selective: Selective) -> list[str]:
    """Of each allowed share: how much is answered, and how much of that is wrong."""
    calibrated = [one for one in selective.answered if one.rule == CALIBRATED]
    shares = [f"{one.answered:.0%} ({_figure(one.share_wrong, '.1%')})" for one in calibrated]
    return [name, f"{selective.aurc:.3f}", f"{selective.e_aurc:.3f}", *shares]


def _title(row: Row) -> str:
    return row.name.removeprefix(SINGLE)


def _figure(value: float | None, form: str) -> str:
    return NONE if value is None else f"{value:{form}}"
