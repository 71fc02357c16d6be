"""The numbers of the plots of an evaluation of strategies. Nothing here draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.compose.baselines import HINDSIGHT, VOTERS, vote_name
from eval.compose.comparison import Entry, scores_of
from eval.compose.report import told
from eval.compose.rows import Row
from eval.compose.run import Evaluation
from eval.compose.settings import KNOBS
from eval.metrics.bootstrap import interval, resampled_means
from eval.report.parts import Figure, Missing
from eval.report.plots.asked import Asked
from eval.report.plots.calibration import Calibration
from eval.report.plots.calls import Band, Calls, Effort
from eval.report.plots.gain import Gain
from eval.report.plots.points import Point, Series, Single
from eval.report.plots.risk import Risk
from eval.report.plots.strategies import Strategies
from eval.routing.figures.asked import shares
from eval.routing.figures.calibration import reliability
from eval.routing.figures.difficulty import band_edges, band_of, hardness
from eval.routing.figures.frontier import AXIS, corners
from eval.routing.figures.gain import gain_of
from eval.routing.figures.risk import curve
from gateway.experts import AUTO
from gateway.fanout import SINGLE
from routers.base import Array

SINGLES = (HINDSIGHT, "best single")
VOTES = "2…7 best by accuracy, weighted vote"
CALLS = "calls per question"
NO_ARTIFACT = "no strategy was played; give --artifact"
NONE_SURE = "no strategy that was played says how sure it is of its answers"


def figures_of(evaluation: Evaluation) -> tuple[Figure, ...]:
    """Each of them, or why it is not there."""
    after = (gain(evaluation), asked(evaluation), calibration(evaluation), risk(evaluation))
    return (frontier(evaluation), calls(evaluation), *after)


def frontier(evaluation: Evaluation) -> Strategies:
    """Every strategy over its knobs, votes of the best, and the best single experts."""
    rows = evaluation.rows
    swept = [_series(name, [row for row in rows if row.name == name]) for name in KNOBS]
    wanted = {vote_name(k, weighted=True) for k in VOTERS}
    votes = Series(VOTES, tuple(_point(row) for row in rows if row.name in wanted), minor=True)
    return Strategies(
        CALLS if evaluation.trial.costs is None else AXIS,
        tuple(one for one in (*swept, votes) if one.points),
        tuple(Single(row.name, row.cost, row.accuracy) for row in rows if row.name in SINGLES),
        hull=corners([(row.cost, row.accuracy) for row in rows if row.frontier]),
        zero=(),
    )


def calls(evaluation: Evaluation) -> Figure:
    """By the share of the experts that are wrong on a question, in bands of about equal mass."""
    played, trial = defaults(evaluation), evaluation.trial
    if not played:
        return Missing(Calls.key, Calls.heading, NO_ARTIFACT)
    hard = np.round(hardness(trial), 9)
    edges = band_edges(hard)
    within = band_of(hard, edges)[:, None] == np.arange(len(edges))[None, :]
    bands = tuple(Band(float(edge), int(count)) for edge, count in zip(edges, within.sum(axis=0), strict=True))
    return Calls(bands, tuple(_effort(evaluation, one, within) for one in played))


def gain(evaluation: Evaluation) -> Figure:
    """Of the strategy that is chosen question by question, or else of the first that was played."""
    lead, rival = _lead(evaluation), next((one for one in evaluation.entries if one.name == HINDSIGHT), None)
    if lead is None or rival is None:
        return Missing(Gain.key, Gain.heading, NO_ARTIFACT)
    trial = evaluation.trial
    difference = scores_of(trial, lead.played) - scores_of(trial, rival.played)
    return gain_of(trial, difference, f"{lead.name} over the best single expert", evaluation.resampling)


def asked(evaluation: Evaluation) -> Figure:
    """Before: where one expert is asked; after: where several may be."""
    lead, before = _lead(evaluation), next((one for one in defaults(evaluation) if one.name == SINGLE), None)
    if lead is None or before is None or lead is before:
        return Missing(Asked.key, Asked.heading, NO_ARTIFACT if lead is None else "only single was played")
    columns = np.stack([(one.played.asked > 0).mean(axis=0) for one in (before, lead)], axis=1)
    best = int(np.nanmean(evaluation.trial.scores, axis=0).argmax())
    return Asked((before.name, lead.name), shares(evaluation.trial.experts, columns, evaluation.trial.experts[best]))


def calibration(evaluation: Evaluation) -> Figure:
    """Of the confidence in the answers that were given."""
    found = []
    for one in defaults(evaluation):
        known = ~np.isnan(one.played.confidence)
        if known.any():
            scores, groups = scores_of(evaluation.trial, one.played)[known], evaluation.trial.table.groups[known]
            found.append(reliability(one.name, scores, one.played.confidence[known], groups, evaluation.resampling))
    return Calibration(tuple(found)) if found else Missing(Calibration.key, Calibration.heading, NONE_SURE)


def risk(evaluation: Evaluation) -> Figure:
    """An answer of which nothing is known is as doubtful as can be."""
    curves = tuple(
        curve(one.name, np.nan_to_num(one.played.confidence), scores_of(evaluation.trial, one.played))
        for one in defaults(evaluation)
        if not np.isnan(one.played.confidence).all()
    )
    return Risk(curves) if curves else Missing(Risk.key, Risk.heading, NONE_SURE)


def defaults(evaluation: Evaluation) -> list[Entry]:
    """Every strategy as a policy has it by default."""
    return [one for one in evaluation.entries if one.default]


def _lead(evaluation: Evaluation) -> Entry | None:
    played = defaults(evaluation)
    several = [one for one in played if one.name != SINGLE]
    return next((one for one in several if one.name == AUTO), next(iter((*several, *played)), None))


def _effort(evaluation: Evaluation, one: Entry, within: Array) -> Effort:
    """within: (n, bands) bool."""
    table, drawn = evaluation.trial.table, evaluation.resampling
    made = np.where(within, one.played.asked.sum(axis=1, dtype=np.float64)[:, None], np.nan)
    means = resampled_means(made, table.groups, drawn.resamples, drawn.seed)
    scores = np.where(within, scores_of(evaluation.trial, one.played)[:, None], np.nan)
    return Effort(
        one.name,
        tuple(np.nanmean(made, axis=0).tolist()),
        tuple(interval(column) for column in means.T),
        tuple(np.nanmean(scores, axis=0).tolist()),
    )


def _series(name: str, rows: Sequence[Row]) -> Series:
    return Series(name, tuple(_point(row) for row in rows))


def _point(row: Row) -> Point:
    return Point(row.cost, row.accuracy, row.accuracy_interval, told(row), row.default)
