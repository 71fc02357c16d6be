"""The newest judged answers, as compact rows: the one memory that everything is learned from. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.logged import Logged
from gateway.types import ALONE
from gateway.utility import Exchange
from routers.base import Array
from routers.online.context import NONE, NUMBERS, Context, Numbers
from routers.online.observations import Observations

DAY_S = 86_400.0
MOST = 20_000
CELLS = 2_000_000
"""Answers times experts: what bounds the memory of large pools, at 12 bytes each."""


def room(experts: int) -> int:
    """How many answers are remembered of a pool of so many experts."""
    return min(MOST, CELLS // max(1, experts))


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One expert's answer and what it was worth. columns: (3, m) score, dollars and seconds foretold of each expert."""

    id: str
    at: float
    router: str
    artifact: str
    context: Context
    experts: tuple[str, ...]
    columns: Array
    served: str
    version: str | None
    reward: float


def context_of(
    category: str | None, input_tokens: int, confidence: float, outlier: bool, tools: bool, best: float
) -> Context:
    """Where a query stands; best: the highest score the router gave anybody."""
    numbers = Numbers(float(input_tokens), float(confidence), best, float(outlier), float(tools))
    return Context(category or NONE, numbers)


def judged(one: Logged) -> Judged | None:
    """None where it tells nothing of one expert alone, or the score is none."""
    raw = {forecast.expert: forecast.score if forecast.raw is None else forecast.raw for forecast in one.forecasts}
    known = raw.get(one.served or "") is not None and one.status == "ok" and one.strategy in ALONE
    if one.feedback is None or one.feedback_at is None or not 0 <= one.feedback <= 1 or not known:
        return None
    score = np.array([np.nan if raw[name] is None else raw[name] for name in raw], dtype=np.float32)
    cost = [forecast.cost_usd for forecast in one.forecasts]
    seconds = [forecast.latency_s for forecast in one.forecasts]
    context = context_of(
        one.category, one.input_tokens, one.confidence, one.outlier, "tools" in one.needs, float(np.nanmax(score))
    )
    columns = np.stack([score, np.array(cost, np.float32), np.array(seconds, np.float32)])
    served, reward = str(one.served), one.feedback
    return Judged(
        one.id, one.feedback_at, one.router, one.artifact, context, tuple(raw), columns, served, one.version, reward
    )


class Window:
    """By decision. What was judged again is counted once, with the mean of its scores; what is oldest makes room."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.unusable = 0
        """How often something judged taught nothing of one expert alone."""
        self.newest = 0.0
        """When the last of it was judged."""
        self._rows: dict[str, Judged] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, logged: Iterable[Logged]) -> bool:
        """Whether that changed anything."""
        changed = False
        for one in logged:
            row = judged(one)
            if row is None:
                self.unusable += 1
                changed |= self._rows.pop(one.id, None) is not None
                continue
            changed |= not _same(self._rows.get(one.id), row)
            self._rows[one.id] = row
            self.newest = max(self.newest, row.at)
        if len(self._rows) > self.most:
            self._rows = {row.id: row for row in self.rows()[-self.most :]}
        return changed

    def rows(self) -> list[Judged]:
        """In the order in which they were judged, which is the same for all who know the same."""
        return sorted(self._rows.values(), key=lambda row: (row.at, row.id))


def _same(old: Judged | None, new: Judged) -> bool:
    return old is not None and (old.at, old.reward) == (new.at, new.reward)


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What of the window teaches about one router over one pool, and how it counts."""

    router: str
    artifact: str
    versions: dict[str, str]
    rates: Exchange
    half_life_days: float | None

    def of(self, rows: Sequence[Judged]) -> Observations:
        """Those of this router and artifact, answered by an expert that is still the same."""
        kept = [row for row in rows if self._teaches(row)]
        experts = tuple(self.versions)
        score, cost, seconds = _spread(kept, experts)
        places = {name: place for place, name in enumerate(experts)}
        at = np.array([row.at for row in kept], dtype=np.float64)
        return Observations(
            experts=experts,
            category=np.array([row.context.category for row in kept], dtype=np.str_),
            numbers=np.array([row.context.numbers.row() for row in kept], dtype=np.float64).reshape(-1, len(NUMBERS)),
            score=score,
            price=self.rates.price(cost, seconds),
            served=np.array([places[row.served] for row in kept], dtype=np.intp),
            reward=np.array([row.reward for row in kept], dtype=np.float64),
            weight=self._weight(at),
        )

    def _teaches(self, row: Judged) -> bool:
        version = self.versions.get(row.served)
        same = version is not None and row.version in (None, version)
        return same and row.router == self.router and row.artifact == self.artifact

    def _weight(self, at: Array) -> Array:
        """Less for what is older than the newest; by the rows alone, so that a restart changes nothing."""
        if self.half_life_days is None or not len(at):
            return np.ones(len(at))
        faded: Array = np.maximum(np.exp2((at - at.max()) / (self.half_life_days * DAY_S)), 1e-6)
        return faded


def _spread(rows: Sequence[Judged], experts: tuple[str, ...]) -> Array:
    """(3, n, m) of each row's columns in the order of these experts; NaN of those it does not know."""
    spread = np.full((3, len(rows), len(experts)), np.nan)
    places = {name: place for place, name in enumerate(experts)}
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(rows):
        alike.setdefault(row.experts, []).append(number)
    for names, numbers in alike.items():
        known = [k for k, name in enumerate(names) if name in places]
        at = [places[names[k]] for k in known]
        columns = np.stack([rows[number].columns[:, known] for number in numbers], axis=1)
        spread[np.ix_(range(3), numbers, at)] = columns
    return spread
