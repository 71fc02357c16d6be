"""What an evaluation says: sheets and lines for a person, one JSON object for a program. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from eval.bench.tables import Sheet
from eval.metrics.bootstrap import Interval
from eval.robustness.report import lines as robustness_lines
from eval.robustness.report import sheet as robustness_sheet
from eval.routing.ground import Against
from eval.routing.means import Figure
from eval.routing.notes import notes, notes_json
from eval.routing.rows import Row, Versus
from eval.routing.run import Evaluation
from eval.routing.sheets import between, headlines, row_sheets, selective_sheet, told
from eval.routing.sweep import Budget

COMMAND = "eval routing"
ANSWERED = "Where a share may be wrong: how much is answered (and is wrong), by thresholds from the other half."
NO_COSTS = (
    "No costs are known, so there is no AIQ, cost saved, arena score or cheapest right expert: give --models, "
    "`costs` beside the scores, or outcomes with a column cost_usd."
)
ALONE = "With one expert there is nothing to choose: what follows is that expert's own."
BUDGET = tuple(asdict(Budget()))
CHANCES = ("auc", "auc_mean", "ece", "ece_mass", "brier", "nll")
SURELY = ("auc", "ece", "brier", "nll")
OWN = ("cost_usd_per_1k",)
"""Measures whose value stands among a row's own keys."""


def sheets(evaluation: Evaluation) -> tuple[Sheet, ...]:
    """Who answers best; at what price, where that is known; what is left; whose chances can be believed."""
    found = row_sheets(headlines(evaluation.rows))
    if evaluation.selective:
        found.append(selective_sheet(evaluation.selective))
    if evaluation.robustness is not None:
        found.append(robustness_sheet(evaluation.robustness))
    return tuple(found)


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The same in words, and what the reader must know to believe it."""
    trial, drawn = evaluation.trial, evaluation.resampling
    groups = len(set(trial.table.groups.tolist()))
    yield (
        f"{len(trial.texts):,} questions in {groups:,} groups, {len(trial.experts)} experts, "
        f"{int(trial.measured.sum()):,} outcomes; intervals and p from {drawn.resamples:,} resamples of the groups, "
        f"seed {drawn.seed}."
    )
    stand_in = f" (with a stand-in on the {evaluation.absent} it did not answer)" if evaluation.absent else ""
    yield f"Compared with {evaluation.best_expert}, the best single expert of these very questions{stand_in}."
    if len(trial.experts) == 1:
        yield ALONE
    yield from (_said(row) for row in headlines(evaluation.rows) if row.kind == "router")
    yield from _against(evaluation.against)
    if evaluation.category is not None:
        found = evaluation.category
        right = f"{found.accuracy:.3f} {between(found.interval)}"
        yield f"The category is read right for {right} of {found.n:,} questions of the fourteen academic categories."
    if evaluation.selective:
        yield ANSWERED
    if evaluation.robustness is not None:
        yield from robustness_lines(evaluation.robustness)
    if trial.costs is not None:
        yield f"Costs: {trial.costs.origin}. Settings of the thrift knob are in the JSON, a row each."
    else:
        yield NO_COSTS
    yield from notes(evaluation)
    yield from (f"Left out: {line}." for line in evaluation.left_out)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every row, those of the knob's settings included."""
    trial, drawn = evaluation.trial, evaluation.resampling
    category, against = evaluation.category, evaluation.against
    return {
        "command": COMMAND,
        "data": {**trial.account, "left_out": list(evaluation.left_out)},
        "artifact": evaluation.artifact,
        "intervals": {"level": 0.95, "resamples": drawn.resamples, "seed": drawn.seed, "margin": drawn.margin},
        "best_single": evaluation.best_expert,
        "pair": {name: getattr(against.pair, name) for name in ("strong", "weak", "why", "known")},
        "datasets": list(against.datasets),
        "oracle": _oracle(against),
        "category_accuracy": None if category is None else category.accuracy,
        "category_accuracy_interval": None if category is None else category.interval,
        "category_accuracy_n": 0 if category is None else category.n,
        "rows": [_row(row) for row in evaluation.rows],
        **notes_json(evaluation),
        "robustness": None if evaluation.robustness is None else asdict(evaluation.robustness),
        "selective": {name: asdict(one) for name, one in evaluation.selective.items()},
    }


def _row(row: Row) -> dict[str, Any]:
    chances: dict[str, Any] = {} if row.chances is None else asdict(row.chances)
    budget: dict[str, Any] = {} if row.budget is None else asdict(row.budget)
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
        **{name: chances.get(name) for name in CHANCES},
        **{f"{name}_interval": row.chance_intervals.get(name) for name in SURELY},
        **{name: budget.get(name) for name in BUDGET},
        **_measures(row),
        "share": row.share,
    }


def _measures(row: Row) -> dict[str, float | Interval | None]:
    """Of a setting of the knob only what is known: there are hundreds of them."""
    found: dict[str, float | Interval | None] = {}
    for name, figure in row.measures.all().items():
        if row.thrift is not None and figure.value is None:
            continue
        if name not in OWN:
            found[name] = figure.value
        found[f"{name}_interval"] = figure.interval
    return found


def _oracle(against: Against) -> Mapping[str, float | int | Interval | None]:
    oracle = against.oracle
    found: dict[str, float | int | Interval | None] = {}
    for name in ("naive", "shrunk", "repeated"):
        figure: Figure = getattr(oracle, name)
        found |= {name: figure.value, f"{name}_interval": figure.interval}
    return {**found, "repeated_n": oracle.repeated_n, "luck_floor": oracle.luck_floor}


def _against(against: Against) -> Iterator[str]:
    """What stands at the other end of gaps and gains."""
    oracle, pair = against.oracle, against.pair
    said = [f"With hindsight the best expert of each question reaches {told(oracle.naive)}"]
    if oracle.luck_floor is not None:
        said.append(f"{oracle.luck_floor:.3f} by luck alone, were no expert better at some questions than at others")
    if oracle.shrunk.value is not None:
        said.append(
            f"about {told(oracle.shrunk)} by fitted chances, which leave luck out (each question was drawn once)"
        )
    if oracle.repeated.value is not None:
        said.append(f"{told(oracle.repeated)} on {oracle.repeated_n} repeated questions, judged by their other draws")
    yield "; ".join(said) + "."
    if pair.known:
        yield f"PGR, APGR and CPT: {pair.strong} is the strong and {pair.weak} the weak expert ({pair.why})."
    else:
        yield f"There is no PGR, APGR or CPT: {pair.why}."


def _said(row: Row) -> str:
    versus = row.versus
    how = {
        "better": f"better than the best single expert by {versus.difference:.3f}",
        "worse": f"worse than the best single expert by {-versus.difference:.3f}",
        "noise": f"not told apart from the best single expert ({versus.difference:+.3f} is noise){_margin(versus)}",
    }.get(versus.verdict, "the same as the best single expert")
    return f"{row.name}: {row.accuracy:.3f}, {how}, p = {versus.p_value:.3f}."


def _margin(versus: Versus) -> str:
    """Whether noise is at least shown to be small."""
    shown = "not worse" if versus.not_worse else "though it may be worse"
    return f", {shown} by more than {versus.margin:.3f}"
