"""The rows of a report on a change: how accuracy moved and what flipped, over all questions and by category.

Negative flips: right before, wrong after, as a share of all questions (NFR: Yan et al. 2021, arXiv 2011.09161).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from eval.changes.change import Change
from eval.changes.multiplicity import benjamini_hochberg, holm
from eval.changes.verdicts import Verdict, in_category, overall
from eval.metrics.bootstrap import Interval, interval, p_value, resampled_means
from eval.metrics.mcnemar import mcnemar
from eval.routing.rows import Resampling
from routers.base import Array

FEWEST = 20
"""A category with fewer questions answered on both sides gets no verdict."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions, with its 95 % interval."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Row:
    """One expert, over all questions (category "") or one category's.

    n: questions the figures speak of. asked: those answered on both sides. difference: of accuracy, after less before.
    negative, positive: flips as shares of n. floor: what the same version would have flipped when asked again, beyond:
    the negative flips less that; None where nothing was asked twice. drops, rises, score: of graded scores, None where
    all are 0 or 1. mcnemar_p: None where only part was asked again. p_holm, p_bh: adjusted over all rows of its kind.
    """

    name: str
    category: str
    n: int
    asked: int
    before: Figure
    after: Figure
    difference: Figure
    negative: Figure
    positive: Figure
    floor: Figure | None
    beyond: Figure | None
    score: Figure | None
    drops: Figure | None
    rises: Figure | None
    mcnemar_p: float | None
    p_value: float
    p_holm: float = 1.0
    p_bh: float = 1.0
    verdict: Verdict = "noise"


def rows_of(
    changes: Sequence[Change], categories: Sequence[str], groups: Array, margin: float, drawn: Resampling
) -> tuple[Row, ...]:
    """Each change over all questions and by category; questions of one group (n,) are resampled together."""
    found = [row for change in changes for row in _rows(change, np.array(categories), groups, drawn)]
    wholes = _adjusted([row for row in found if not row.category])
    parts = _adjusted([row for row in found if row.category and row.asked >= FEWEST])
    few = [replace(row, verdict="too few") for row in found if row.category and row.asked < FEWEST]
    judged = [replace(row, verdict=overall(row.difference, row.p_holm, _flipped(row), margin)) for row in wholes]
    judged += [replace(row, verdict=in_category(row.difference, row.p_holm, _flipped(row))) for row in parts]
    order = {change.name: n for n, change in enumerate(changes)}
    return tuple(sorted((*judged, *few), key=lambda row: (order[row.name], row.category)))


def _flipped(row: Row) -> bool:
    moved = (row.negative, row.positive, row.drops, row.rises)
    return any(figure is not None and figure.value for figure in moved)


def _adjusted(rows: Sequence[Row]) -> list[Row]:
    raw = [row.p_value for row in rows]
    adjusted = zip(rows, holm(raw), benjamini_hochberg(raw), strict=True)
    return [replace(row, p_holm=strict, p_bh=false_) for row, strict, false_ in adjusted]


def _rows(change: Change, categories: Array, groups: Array, drawn: Resampling) -> Iterator[Row]:
    """Over all questions first; every part's means are of the same resamples."""
    columns = measures(change)
    names = ["", *sorted({*categories[change.covered].tolist()} - {""})]
    parts = [change.covered & ((categories == name) | (not name)) for name in names]
    values = np.stack(list(columns.values()), axis=1)
    covered = np.flatnonzero(change.covered)
    cut = np.concatenate([np.where(part[covered, None], values[covered], np.nan) for part in parts], axis=1)
    means = resampled_means(cut, groups[covered], drawn.resamples, drawn.seed)
    for name, part, resampled in zip(names, parts, np.split(means, len(parts), axis=1), strict=True):
        figures = {
            one: Figure(float(np.nanmean(values[part, k])), interval(resampled[:, k])) for k, one in enumerate(columns)
        }
        p = fine_p(figures["difference"].value, resampled[:, list(columns).index("difference")])
        yield _row(change, name, part, figures, p)


def fine_p(mean: float, resampled: Array) -> float:
    """Two-sided, that the mean is zero, from its resamples (b,); where all of them lie on one side, by the normal
    distribution of the same spread: what is multiplied by the number of categories must not end at 1 / b."""
    coarse = p_value(resampled)
    known = resampled[~np.isnan(resampled)]
    if not len(known) or min((known <= 0).sum(), (known >= 0).sum()):
        return coarse
    return min(coarse, float(2 * ndtr(-abs(mean) / known.std())) if known.std() else coarse)


def _row(change: Change, category: str, part: Array, figures: Mapping[str, Figure], p: float) -> Row:
    both = part & change.compared
    moved = any(figures[name].value for name in ("negative", "positive", "difference"))
    return Row(
        name=change.name,
        category=category,
        n=int(part.sum()),
        asked=int(both.sum()),
        before=figures["before"],
        after=figures["after"],
        difference=figures["difference"],
        negative=figures["negative"],
        positive=figures["positive"],
        floor=figures.get("floor"),
        beyond=figures.get("beyond"),
        score=figures.get("score"),
        drops=figures.get("drops"),
        rises=figures.get("rises"),
        mcnemar_p=mcnemar(change.after.right[both], change.before.right[both]) if change.inclusion is None else None,
        p_value=p if moved else 1.0,
    )


def measures(change: Change) -> dict[str, Array]:
    """By name, a value (n,) per question whose mean is the figure."""
    b, a = change.before.right, change.after.right
    p = np.full(len(b), 0.5) if change.foreseen is None else change.foreseen
    after = change.estimated(a, p)
    found = {
        "before": np.where(change.covered, b, np.nan),
        "after": after,
        "difference": after - b,
        "negative": change.estimated(b * (1 - a), b * (1 - p)),
        "positive": change.estimated((1 - b) * a, (1 - b) * p),
    }
    floor = _floor(change)
    if floor is not None:
        found |= {"floor": floor, "beyond": found["negative"] - floor}
    if change.graded:
        old, new = change.before.score, change.after.score
        found["score"] = change.estimated(new, p) - old
        found["drops"] = change.estimated((new < old).astype(np.float64), b * (1 - p))
        found["rises"] = change.estimated((new > old).astype(np.float64), (1 - b) * p)
    return found


def _floor(change: Change) -> Array | None:
    """(n,) how often an unchanged version flips from right to wrong, p(1 - p); None where nothing was asked twice.

    Of the mean over both versions where both were, so that with independent draws the flips beyond it are
    (p - q)/2 + (p - q)²/2, and none for q = p.
    """
    sides = [change.before.spread]
    if change.inclusion is None:
        sides.append(change.after.spread)
    told = [np.where(change.covered, spread, np.nan) for spread in sides]
    known = [spread for spread in told if not np.isnan(spread).all()]
    if not known:
        return None
    floor: Array = np.mean([np.where(np.isnan(one), np.nanmean(one), one) for one in known], axis=0)
    return floor
