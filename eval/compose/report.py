"""What an evaluation says: sheets and lines for a person, one JSON object for a program. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from eval.bench.tables import Sheet
from eval.compose.rows import Row
from eval.compose.run import Evaluation
from eval.routing.report import ANSWERED
from eval.routing.rows import Versus
from eval.routing.sheets import between, number, selective_sheet

COMMAND = "eval compose"
ORDER = ("strategy", "baseline", "oracle")
HEADLINES = ("", "calls", "accuracy", "± se", "95 %", "gain on best single", "95 %", "p", "")
MORE = ("", "calls", "$ per 1k", "10⁹ params", "one of those asked right", "changed", "AUC", "ECE")
FRONTIER = ("frontier", "setting", "calls", "$ per 1k", "accuracy", "± se")


def sheets(evaluation: Evaluation) -> tuple[Sheet, ...]:
    """Each strategy as a policy has it by default, and the baselines; what they take; what no mixture betters."""
    rows = _headlines(evaluation.rows)
    found = [Sheet(HEADLINES, [_headline(row) for row in rows]), Sheet(MORE, [_more(row) for row in rows])]
    answered = {row.name: row.selective for row in rows if row.selective is not None}
    found += [selective_sheet(answered)] if answered else []
    corners = sorted((row for row in evaluation.rows if row.frontier), key=lambda row: row.cost)
    return (*found, settings_sheet(corners)) if corners else tuple(found)


def settings_sheet(rows: Sequence[Row]) -> Sheet:
    """Rows with their settings, one a line."""
    return Sheet(FRONTIER, [_setting(row) for row in rows])


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The same in words, and what the reader must know to believe it."""
    trial, drawn = evaluation.trial, evaluation.resampling
    groups = len(set(trial.table.groups.tolist()))
    yield (
        f"{len(trial.texts)} questions in {groups} groups, {len(trial.experts)} experts, {int(trial.measured.sum())} "
        f"outcomes; intervals, ± and p from {drawn.resamples} resamples of the groups, seed {drawn.seed}."
    )
    yield "Compared with the best single expert of these very questions; gains are paired."
    yield from (_said(row) for row in evaluation.rows if row.default)
    if any(row.selective is not None for row in evaluation.rows):
        yield ANSWERED
    yield f"The votes of the best choose and weigh experts by their accuracy on {evaluation.record}."
    if evaluation.artifact is not None:
        yield f"Predictions: the router {evaluation.router}. Every setting of the knobs is in the JSON, a row each."
    if trial.costs is not None:
        yield f"Costs: {trial.costs.origin}."
    if evaluation.answers.disputed:
        yield (
            f"{evaluation.answers.disputed} answers were scored both ways though they read the same; "
            f"the score of the expert whose words are given counts."
        )
    yield from (f"Left out: {line}." for line in trial.left_out)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every row, those of the knobs' settings included."""
    trial, drawn = evaluation.trial, evaluation.resampling
    return {
        "command": COMMAND,
        "data": {**trial.account, "disputed_answers": evaluation.answers.disputed},
        "artifact": evaluation.artifact,
        "router": None if evaluation.artifact is None else evaluation.router,
        "accuracies_from": evaluation.record,
        "intervals": {"level": 0.95, "resamples": drawn.resamples, "seed": drawn.seed},
        "rows": [_row(row) for row in evaluation.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    vote = None if row.versus_vote is None else {"name": row.vote, **asdict(row.versus_vote)}
    return {
        "name": row.name,
        "kind": row.kind,
        "setting": row.setting,
        "default": row.default,
        "n": row.n,
        "accuracy": row.accuracy,
        "accuracy_interval": row.accuracy_interval,
        "accuracy_se": row.accuracy_se,
        **asdict(row.versus),
        "versus_vote": vote,
        "calls_per_query": row.calls_per_query,
        "cost_usd_per_1k": row.cost_usd_per_1k,
        "active_params_b": row.active_params_b,
        "oracle_asked": row.oracle_asked,
        "changed": row.changed,
        "auc": row.auc,
        "ece": row.ece,
        "selective": None if row.selective is None else asdict(row.selective),
        "frontier": row.frontier,
    }


def _headlines(rows: Sequence[Row]) -> list[Row]:
    """Every strategy at its default, then the baselines, the most accurate first in each part."""
    headlines = (row for row in rows if row.default or row.kind != "strategy")
    return sorted(headlines, key=lambda row: (ORDER.index(row.kind), -row.accuracy))


def _headline(row: Row) -> list[str]:
    versus = row.versus
    return [
        row.name,
        f"{row.calls_per_query:.2f}",
        f"{row.accuracy:.3f}",
        f"{row.accuracy_se:.3f}",
        between(row.accuracy_interval),
        f"{versus.difference:+.3f}",
        between(versus.difference_interval, "+"),
        f"{versus.p_value:.3f}",
        versus.verdict,
    ]


def _more(row: Row) -> list[str]:
    return [
        row.name,
        f"{row.calls_per_query:.2f}",
        number(row.cost_usd_per_1k, ".3f"),
        number(row.active_params_b, ".1f"),
        f"{row.oracle_asked:.3f}",
        number(row.changed, ".0%"),
        number(row.auc, ".3f"),
        number(row.ece, ".3f"),
    ]


def _setting(row: Row) -> list[str]:
    return [
        row.name,
        told(row),
        f"{row.calls_per_query:.2f}",
        number(row.cost_usd_per_1k, ".3f"),
        f"{row.accuracy:.3f}",
        f"{row.accuracy_se:.3f}",
    ]


def told(row: Row) -> str:
    """Where the knobs stand, in words."""
    stands = ", ".join(f"{name} {value:g}" for name, value in (row.setting or {}).items())
    return f"{stands} (default)" if row.default else stands


def _said(row: Row) -> str:
    single = _compared("the best single expert", row.versus)
    vote = "" if row.versus_vote is None else "; " + _compared(f"the {row.vote}", row.versus_vote)
    return f"{row.name}: {row.accuracy:.3f} at {row.calls_per_query:.2f} calls, {single}{vote}."


def _compared(rival: str, versus: Versus) -> str:
    how = {
        "better": f"better than {rival} by {versus.difference:.3f}",
        "worse": f"worse than {rival} by {-versus.difference:.3f}",
        "noise": f"against {rival} {versus.difference:+.3f}, a difference within noise",
    }.get(versus.verdict, f"the same as {rival}")
    return how if versus.verdict == "same" else f"{how} (p = {versus.p_value:.3f})"
