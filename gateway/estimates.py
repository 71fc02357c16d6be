"""What is expected of every expert on one query: columns for the policy, one row at a time for people.

A pool may have a thousand experts, and a request reads few of them: rows are built when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isnan
from typing import Self

import numpy as np

from gateway.learning.lesson import Lesson
from routers.base import Array


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected of one expert: quality in [0, 1], its standard deviation, dollars, seconds, tokens written."""

    expert: str
    score: float
    std: float
    cost_usd: float
    latency_s: float
    output_tokens: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The same as columns, (m,) each, in the order of `experts`."""

    experts: tuple[str, ...]
    score: Array
    std: Array
    cost_usd: Array
    latency_s: Array
    output_tokens: Array
    lesson: Lesson | None = None
    """What feedback has corrected in the scores; None where nothing is learned from it."""

    @classmethod
    def rows(cls, rows: Iterable[Estimate]) -> Self:
        """Columns from rows."""
        kept = list(rows)
        score, std, cost_usd, latency_s, output_tokens = (
            np.array([getattr(row, column) for row in kept], dtype=np.float64)
            for column in ("score", "std", "cost_usd", "latency_s", "output_tokens")
        )
        return cls(tuple(row.expert for row in kept), score, std, cost_usd, latency_s, output_tokens)

    def __len__(self) -> int:
        return len(self.experts)

    def __contains__(self, expert: object) -> bool:
        return expert in self.experts

    def __iter__(self) -> Iterator[Estimate]:
        columns = (self.score, self.std, self.cost_usd, self.latency_s, self.output_tokens)
        return map(Estimate, self.experts, *(column.tolist() for column in columns))

    def __getitem__(self, place: int) -> Estimate:
        columns = (self.score, self.std, self.cost_usd, self.latency_s, self.output_tokens)
        return Estimate(self.experts[place], *(float(column[place]) for column in columns))

    def column(self, extra: Array | None) -> list[float | None]:
        """One more column, such as a plan's utilities, as plain numbers; None where it is missing or no number."""
        if extra is None:
            return [None] * len(self)
        return [None if isnan(value) else value for value in extra.tolist()]

    def of(self, expert: str) -> Estimate:
        """The row of one expert; ValueError where there is none."""
        return self[self.experts.index(expert)]
