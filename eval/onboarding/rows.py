"""What onboarding is worth after so many questions: means over the experts, with intervals. Knows no test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import Interval, interval
from eval.metrics.wilson import wilson
from eval.onboarding.trial import CHOSEN, DRAWN, PLAIN, Placed
from eval.routing.rows import Resampling
from routers.base import Array


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over experts, with its 95 % interval over them."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Pool:
    """What routing scores without an expert, and with all that the other half of its answers tells of it."""

    expert: str
    without: float
    full: float


@dataclass(frozen=True, slots=True)
class Row:
    """One way of asking after so many questions.

    error: the mean absolute error of the claimed accuracy. held: how often its 95 % interval held the truth. width: of
    that interval. auc: of P(right) on questions not asked. routed: the mean score of routing with the newcomer in the
    pool; gained: less that without it; full: what full knowledge of it gains; None for a way that knows a mean only.
    """

    way: str
    asked: int
    experts: int
    error: Figure
    held: Figure
    width: Figure
    auc: Figure | None
    routed: Figure | None
    gained: Figure | None
    full: Figure | None
    versus_random: Figure | None
    """The error less that of questions drawn at random and judged by the same model."""


def rows_of(found: Iterable[Placed], pools: Sequence[Pool], drawn: Resampling) -> tuple[Row, ...]:
    """By way, then by number; an expert's random draws count as one expert."""
    cells = list(found)
    by_expert = {pool.expert: pool for pool in pools}
    numbers = sorted({one.asked for one in cells})
    return tuple(
        _row(way, asked, _table(cells, way, asked), _table(cells, DRAWN, asked), by_expert, drawn)
        for way in (CHOSEN, DRAWN, PLAIN)
        for asked in numbers
        if any((one.way, one.asked) == (way, asked) for one in cells)
    )


Measure = Callable[[Placed], float | None]


def _table(cells: Sequence[Placed], way: str, asked: int) -> dict[str, list[Placed]]:
    """By expert, the draws of one way after so many questions."""
    found: dict[str, list[Placed]] = {}
    for one in cells:
        if (one.way, one.asked) == (way, asked):
            found.setdefault(one.expert, []).append(one)
    return found


def _row(
    way: str,
    asked: int,
    cells: Mapping[str, list[Placed]],
    rivals: Mapping[str, list[Placed]],
    pools: Mapping[str, Pool],
    drawn: Resampling,
) -> Row:
    def figure(measure: Measure) -> Figure | None:
        return _figure([_mean(cells[name], measure) for name in cells], drawn)

    errors = {name: _mean(ones, lambda one: one.error) for name, ones in cells.items()}
    against = [errors[name] - _mean(rivals[name], lambda one: one.error) for name in cells if name in rivals]
    told = figure(lambda one: one.routed)
    return Row(
        way=way,
        asked=asked,
        experts=len(cells),
        error=_known(figure(lambda one: one.error)),
        held=_share([_mean(cells[name], lambda one: float(one.held)) for name in cells]),
        width=_known(figure(lambda one: one.high - one.low)),
        auc=figure(lambda one: one.auc),
        routed=told,
        gained=figure(lambda one: None if one.routed is None else one.routed - pools[one.expert].without),
        full=None if told is None else figure(lambda one: pools[one.expert].full - pools[one.expert].without),
        versus_random=_figure(against, drawn) if way != DRAWN else None,
    )


def _mean(ones: Sequence[Placed], measure: Measure) -> float:
    """NaN where no draw has it."""
    known = list(_numbers(map(measure, ones)))
    return float(np.mean(known)) if known else float("nan")


def _numbers(values: Iterable[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _figure(values: Sequence[float], drawn: Resampling) -> Figure | None:
    """Experts (k,) drawn with replacement; None where no expert has the figure, no interval where only one does."""
    known: Array = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return None
    if len(known) == 1:
        return Figure(float(known[0]), None)
    picked = np.random.default_rng(drawn.seed).integers(len(known), size=(drawn.resamples, len(known)))
    return Figure(float(known.mean()), interval(known[picked].mean(axis=1)))


def _share(values: Sequence[float]) -> Figure:
    """Wilson's interval (1927) over the experts, which does not close up where all of them are alike."""
    share = float(np.mean(values))
    return Figure(share, wilson(share, len(values)))


def _known(figure: Figure | None) -> Figure:
    assert figure is not None, "every way claims an accuracy. This is a bug."
    return figure
