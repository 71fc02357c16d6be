"""The rows of an evaluation: what is said of each strategy at each setting, and of each baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.compose.answers import Answers
from eval.compose.comparison import Comparison, Entry, comparisons
from eval.compose.replay import Played
from eval.metrics.auc import auc
from eval.metrics.bootstrap import Interval, interval
from eval.metrics.calibration import ece
from eval.routing.abstaining import Selective, selective_of
from eval.routing.data import Trial
from eval.routing.rows import Resampling, Versus
from eval.routing.suite import Kind
from gateway.fanout import SINGLE
from routers.base import Array
from routers.hull import hull


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report.

    accuracy_se: bootstrap standard error. oracle_asked: the share of questions on which one of those asked was right.
    changed: the share on which the answer is not what `single` gives. auc, ece: of the verdicts' confidence.
    selective: where it may say that nobody knows, at the default setting of those who know how sure they are.
    vote, versus_vote: the weighted vote of as many best experts, the count rounded up, and how it compares.
    frontier: no mixture of other settings reaches this accuracy for less.
    """

    name: str
    kind: Kind
    setting: Mapping[str, float] | None
    default: bool
    n: int
    accuracy: float
    accuracy_interval: Interval | None
    accuracy_se: float
    versus: Versus
    calls_per_query: float
    cost_usd_per_1k: float | None
    active_params_b: float | None
    oracle_asked: float
    changed: float | None
    auc: float | None
    ece: float | None
    vote: str | None
    versus_vote: Versus | None
    selective: Selective | None
    frontier: bool = False

    @property
    def cost(self) -> float:
        """What it is paid in: dollars per thousand questions, or calls where no prices are known."""
        return self.calls_per_query if self.cost_usd_per_1k is None else self.cost_usd_per_1k


def rows_of(trial: Trial, answers: Answers, entries: Sequence[Entry], resampling: Resampling) -> tuple[Row, ...]:
    """A row per entry, all resampled together, so that differences are paired."""
    reference = next((entry.played for entry in entries if entry.name == SINGLE and entry.default), None)
    compared = comparisons(trial, entries, resampling)
    return _with_frontier(
        [_row(trial, answers, entry, reference, one, resampling) for entry, one in zip(entries, compared, strict=True)]
    )


def _row(
    trial: Trial,
    answers: Answers,
    entry: Entry,
    reference: Played | None,
    compared: Comparison,
    resampling: Resampling,
) -> Row:
    played, scores, rated = entry.played, compared.scores, ~np.isnan(entry.played.confidence)
    return Row(
        name=entry.name,
        kind=entry.kind,
        setting=entry.setting,
        default=entry.default,
        n=len(scores),
        accuracy=float(scores.mean()),
        accuracy_interval=interval(compared.resampled),
        accuracy_se=float(np.nanstd(compared.resampled)),
        versus=compared.single,
        calls_per_query=played.calls,
        cost_usd_per_1k=_spent(trial, played),
        active_params_b=_params(trial, played),
        oracle_asked=float(np.where(played.asked > 0, trial.scores, 0.0).max(axis=1).mean()),
        changed=_changed(answers, entry, reference),
        auc=auc(scores[rated], played.confidence[rated]) if rated.any() else None,
        ece=ece(scores[rated], played.confidence[rated]) if rated.any() else None,
        vote=compared.vote_name,
        versus_vote=compared.vote,
        selective=_selective(trial, entry, scores, resampling),
    )


def _selective(trial: Trial, entry: Entry, scores: Array, resampling: Resampling) -> Selective | None:
    """An answer of which nothing is known is as doubtful as can be."""
    sure = entry.played.confidence
    if not entry.default or np.isnan(sure).all():
        return None
    return selective_of(np.nan_to_num(sure), scores, trial.table.groups, resampling)


def _spent(trial: Trial, played: Played) -> float | None:
    if trial.costs is None:
        return None
    return 1000 * float((played.asked * np.nan_to_num(trial.costs.spent)).sum(axis=1).mean())


def _params(trial: Trial, played: Played) -> float | None:
    """Billions at work per question, summed over its calls; None where an asked expert's size is unknown."""
    if trial.params is None:
        return None
    share = played.asked.mean(axis=0)
    total = float(share[share > 0] @ trial.params[share > 0])
    return None if np.isnan(total) else total


def _changed(answers: Answers, entry: Entry, reference: Played | None) -> float | None:
    if entry.kind != "strategy" or reference is None:
        return None
    rows = np.arange(len(reference.served))
    codes = answers.codes[rows, entry.played.served], answers.codes[rows, reference.served]
    return float(np.mean(codes[0] != codes[1]))


def _with_frontier(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Strategies alone: baselines are drawn beside them."""
    swept = [k for k, row in enumerate(rows) if row.kind == "strategy"]
    if not swept:
        return tuple(rows)
    found = hull(np.array([rows[k].cost for k in swept]), np.array([rows[k].accuracy for k in swept]))
    corners = {swept[place] for place in found.places.tolist()}
    return tuple(replace(row, frontier=k in corners) for k, row in enumerate(rows))
