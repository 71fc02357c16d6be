"""What an evaluation says: sheets and lines for a person, one JSON object for a program. Computes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.bench.tables import Sheet
from eval.metrics.bootstrap import Interval
from eval.routing.abstaining import CALIBRATED, Selective
from eval.routing.rows import Budget, Row
from eval.routing.run import Evaluation
from eval.routing.yardsticks import SINGLE
from routers.selective import TOLD

COMMAND = "eval routing"
ORDER = ("router", "strategy", "baseline", "oracle")
QUALITY = ("", "n", "accuracy", "95 %", "gain on best single", "95 %", "p", "")
BUDGETS = ("", "$ per 1k", "10⁹ params", "AIQ", "over zero router", "cost saved")
SELECTIVE = ("", "AURC", "E-AURC", *(f"{wrong:.0%} may be wrong" for wrong in TOLD))
CHANCES = ("", "AUC", "mean AUC", "ECE", "ECE (mass)", "Brier", "NLL")
ANSWERED = "Where a share may be wrong: how much is answered (and is wrong), by thresholds from the other half."
NONE = "-"


def sheets(evaluation: Evaluation) -> tuple[Sheet, ...]:
    """Who answers best; at what price, where that is known; and whose chances can be believed."""
    rows = _headlines(evaluation.rows)
    routers = [row for row in rows if row.chances is not None]
    found = [Sheet(QUALITY, [_quality(row) for row in rows])]
    if any(row.cost_usd_per_1k is not None or row.active_params_b is not None for row in rows):
        found.append(Sheet(BUDGETS, [_budget(row) for row in rows]))
    if routers:
        found.append(Sheet(CHANCES, [_chances(row) for row in routers]))
    if evaluation.selective:
        found.append(selective_sheet(evaluation.selective))
    return tuple(found)


def selective_sheet(found: Mapping[str, Selective]) -> Sheet:
    """Where a share may be wrong: how much is answered."""
    return Sheet(SELECTIVE, [_selective(*one) for one in found.items()])


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The same in words, and what the reader must know to believe it."""
    trial, drawn = evaluation.trial, evaluation.resampling
    groups = len(set(trial.table.groups.tolist()))
    yield (
        f"{len(trial.texts)} questions in {groups} groups, {len(trial.experts)} experts, {int(trial.measured.sum())} "
        f"outcomes; intervals and p from {drawn.resamples} resamples of the groups, seed {drawn.seed}."
    )
    stand_in = f" (with a stand-in on the {evaluation.absent} it did not answer)" if evaluation.absent else ""
    yield f"Compared with {evaluation.best_expert}, the best single expert of these very questions{stand_in}."
    yield from (_said(row) for row in _headlines(evaluation.rows) if row.kind == "router")
    if evaluation.category is not None:
        found = evaluation.category
        right = f"{found.accuracy:.3f} {_between(found.interval)}"
        yield f"The category is read right for {right} of {found.n} questions of the fourteen academic categories."
    if evaluation.selective:
        yield ANSWERED
    if trial.costs is not None:
        yield f"Costs: {trial.costs.origin}. Settings of the thrift knob are in the JSON, a row each."
    yield from (f"Left out: {line}." for line in evaluation.left_out)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every row, those of the knob's settings included."""
    trial, drawn = evaluation.trial, evaluation.resampling
    category = evaluation.category
    return {
        "command": COMMAND,
        "data": {**trial.account, "left_out": list(evaluation.left_out)},
        "artifact": evaluation.artifact,
        "intervals": {"level": 0.95, "resamples": drawn.resamples, "seed": drawn.seed},
        "best_single": evaluation.best_expert,
        "category_accuracy": None if category is None else category.accuracy,
        "category_accuracy_interval": None if category is None else category.interval,
        "category_accuracy_n": 0 if category is None else category.n,
        "rows": [_row(row) for row in evaluation.rows],
        "selective": {name: asdict(one) for name, one in evaluation.selective.items()},
    }


def _row(row: Row) -> dict[str, Any]:
    chances: dict[str, Any] = {} if row.chances is None else asdict(row.chances)
    budget: dict[str, Any] = {} if row.budget is None else asdict(row.budget)
    figures = ("auc", "auc_mean", "ece", "ece_mass", "brier", "nll")
    return {
        "name": row.name,
        "kind": row.kind,
        "setting": None if row.thrift is None else {"thrift": row.thrift},
        "n": row.n,
        "accuracy": row.accuracy,
        "accuracy_interval": row.accuracy_interval,
        **asdict(row.versus),
        "calls_per_query": row.calls_per_query,
        "cost_usd_per_1k": row.cost_usd_per_1k,
        "active_params_b": row.active_params_b,
        **{name: chances.get(name) for name in figures},
        **{name: budget.get(name) for name in ("aiq", "aiq_gain", "cost_save")},
        "share": row.share,
    }


def _headlines(rows: Sequence[Row]) -> list[Row]:
    """The rows without a setting: routers first, single experts last, the most accurate first in each part."""
    headlines = (row for row in rows if row.thrift is None)
    return sorted(headlines, key=lambda row: (row.name.startswith(SINGLE), ORDER.index(row.kind), -row.accuracy))


def _quality(row: Row) -> list[str]:
    versus = row.versus
    return [
        _title(row),
        f"{row.n:,}",
        f"{row.accuracy:.3f}",
        _between(row.accuracy_interval),
        NONE if math.isnan(versus.difference) else f"{versus.difference:+.3f}",
        _between(versus.difference_interval, "+"),
        f"{versus.p_value:.3f}",
        versus.verdict,
    ]


def _budget(row: Row) -> list[str]:
    budget = row.budget or Budget(None, None, None)
    return [
        _title(row),
        _figure(row.cost_usd_per_1k, ".3f"),
        _figure(row.active_params_b, ".1f"),
        _figure(budget.aiq, ".3f"),
        _figure(budget.aiq_gain, "+.3f"),
        _figure(budget.cost_save, ".0%"),
    ]


def _chances(row: Row) -> list[str]:
    assert row.chances is not None
    return [row.name, *(_figure(figure, ".3f") for figure in asdict(row.chances).values())]


def _selective(name: str, selective: Selective) -> list[str]:
    """Of each allowed share: how much is answered, and how much of that is wrong."""
    calibrated = [one for one in selective.answered if one.rule == CALIBRATED]
    shares = [f"{one.answered:.0%} ({_figure(one.share_wrong, '.1%')})" for one in calibrated]
    return [name, f"{selective.aurc:.3f}", f"{selective.e_aurc:.3f}", *shares]


def _title(row: Row) -> str:
    return row.name.removeprefix(SINGLE)


def _said(row: Row) -> str:
    versus = row.versus
    how = {
        "better": f"better than the best single expert by {versus.difference:.3f}",
        "worse": f"worse than the best single expert by {-versus.difference:.3f}",
        "noise": f"not told apart from the best single expert ({versus.difference:+.3f} is noise)",
    }.get(versus.verdict, "the same as the best single expert")
    return f"{row.name}: {row.accuracy:.3f}, {how}, p = {versus.p_value:.3f}."


def _between(found: Interval | None, sign: str = "") -> str:
    return NONE if found is None else f"[{found[0]:{sign}.3f}, {found[1]:{sign}.3f}]"


def _figure(value: float | None, form: str) -> str:
    return NONE if value is None else f"{value:{form}}"
