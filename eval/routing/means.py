"""Figures that are functions of means over questions: each with its interval, all from the same resamples.

Knows columns of numbers, a row per question, and not what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.metrics.bootstrap import Interval, interval, resampled_means
from eval.metrics.superiority import MARGIN
from routers.base import Array

Key = tuple[int, str]
"""Of which choice, and which column."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often the groups are drawn anew, from which seed, and what is still called not worse."""

    resamples: int
    seed: int
    margin: float = MARGIN


@dataclass(frozen=True, slots=True)
class Figure:
    """value: None where it is not known, or has no meaning. interval: 95 %."""

    value: float | None = None
    interval: Interval | None = None


UNKNOWN = Figure()


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The mean of each column, and its means (b,) in the resamples."""

    point: Mapping[Key, float]
    drawn: Mapping[Key, Array]

    def figure(self, function: Callable[..., Any], *keys: Key) -> Figure:
        """Of a function that takes these means, alone or as arrays of resamples; unknown where a column is."""
        if not all(key in self.point for key in keys):
            return UNKNOWN
        return figure_of(function(*(self.point[key] for key in keys)), function(*(self.drawn[key] for key in keys)))


def figure_of(value: Any, drawn: Array) -> Figure:
    """Of a value and what it is in each resample; NaN is not known."""
    return UNKNOWN if np.isnan(value) else Figure(float(value), interval(np.asarray(drawn)))


def means_of(columns: Mapping[Key, Array], groups: Array, resampling: Resampling) -> Means:
    """Of columns (n,), NaN left out; one that holds nothing else is unknown."""
    known = {key: column for key, column in columns.items() if not np.isnan(column).all()}
    drawn = resampled_means(np.stack(list(known.values()), axis=1), groups, resampling.resamples, resampling.seed)
    point = {key: float(np.nanmean(column)) for key, column in known.items()}
    return Means(point, dict(zip(known, drawn.T, strict=True)))
