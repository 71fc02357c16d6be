"""From rows of the record to logs that estimators can use. Knows no database; whatever is left out is counted in words.

A decision counts where a policy chose. One that nobody's opinion came of counts too: what it cost is known, and how
often opinions come is part of the estimate.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from math import isclose
from typing import Any

import numpy as np

from eval.counterfactual.fitness import failed, unfit
from eval.counterfactual.logs import Logs
from eval.counterfactual.tally import Tally
from gateway.draw import Lot
from gateway.logged import Forecast, Logged
from gateway.wishes import NO_WISHES, Wishes
from routers.base import Array

COLUMNS = ("score", "std", "cost_usd", "latency_s", "load_price", "raw")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a policy went by at one decision, besides the numbers of every expert."""

    id: str
    at: float
    category: str | None
    confidence: float
    sure: bool
    outlier: bool
    grounded: bool
    wishes: Wishes
    lot: Lot | None


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """std, expected_s, load, raw: (n, m) of the same decisions and experts as `logs`; NaN of whom could not be asked.

    raw: what the router alone said, where feedback has corrected what is `predicted`.
    """

    logs: Logs
    std: Array
    expected_s: Array
    load: Array
    raw: Array
    seen: tuple[Seen, ...]
    tally: Tally


def read_logs(rows: Iterable[Logged], policy: str, heard: Callable[[], None] = lambda: None) -> Recorded:
    """The decisions that this policy took; `heard` is called for each row that is read."""
    gathered = _Gathered()
    for one in rows:
        gathered.tally.rows += 1
        heard()
        if one.policy != policy:
            gathered.tally.other(one)
            continue
        why = unfit(one)
        if why is None:
            gathered.keep(one)
        else:
            gathered.tally.left_out[why] += 1
    return gathered.recorded()


@dataclass(slots=True)
class _Gathered:
    """Rows as they come; numbers lie flat, since who may be asked differs from row to row."""

    tally: Tally = field(default_factory=Tally)
    places: dict[str, int] = field(default_factory=dict)
    groups: dict[Any, int] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    at: array[int] = field(default_factory=lambda: array("l"))
    who: array[int] = field(default_factory=lambda: array("l"))
    cells: array[float] = field(default_factory=lambda: array("d"))
    chance: array[float] = field(default_factory=lambda: array("d"))
    action: array[int] = field(default_factory=lambda: array("l"))
    group: array[int] = field(default_factory=lambda: array("l"))
    facts: array[float] = field(default_factory=lambda: array("d"))
    """Per row: propensity, reward, cost, latency, whether it failed."""

    def keep(self, one: Logged) -> None:
        row, places = len(self.seen), self.places
        names = [forecast.expert for forecast in one.forecasts]
        for forecast in one.forecasts:
            self.at.append(row)
            self.who.append(places.setdefault(forecast.expert, len(places)))
            self.cells.extend(_cells(forecast))
        self.chance.extend(_explored(one, names))
        self.action.append(places[one.experts[0]])
        talk = (one.tenant, one.session) if one.session else one.id
        self.group.append(self.groups.setdefault(talk, len(self.groups)))
        reward = np.nan if one.feedback is None else one.feedback
        self.facts.extend((one.propensity, reward, one.cost_usd, one.latency_s, failed(one)))
        self.seen.append(_seen(one))
        self.tally.strategies[one.strategy] += 1

    def recorded(self) -> Recorded:
        n, names = len(self.seen), tuple(self.places)
        score, std, cost, latency, load, raw = (self._spread(column) for column in self._columns())
        facts = np.array(self.facts).reshape(n, 5)
        action = np.array(self.action, dtype=np.intp)
        reward = _with_failures(facts[:, 1], facts[:, 4] > 0, action, [one.id for one in self.seen], self.tally)
        self.tally.answered(names, action, ~np.isnan(facts[:, 1]), facts[:, 4] > 0)
        logs = Logs(
            experts=names,
            allowed=self._allowed(n),
            action=action,
            propensity=facts[:, 0],
            explored=_closed(self._spread(np.array(self.chance))),
            reward=reward,
            predicted=score,
            cost_usd=facts[:, 2],
            latency_s=facts[:, 3],
            expected_usd=cost,
            groups=np.array(self.group, dtype=np.intp),
        )
        return Recorded(logs, std, latency, load, raw, tuple(self.seen), self.tally)

    def _columns(self) -> Iterable[Array]:
        return np.array(self.cells).reshape(-1, len(COLUMNS)).T

    def _spread(self, column: Array) -> Array:
        """Flat numbers (in the order of the forecasts) as (n, m)."""
        spread = np.full((len(self.seen), len(self.places)), np.nan)
        spread[self.at, self.who] = column
        return spread

    def _allowed(self, n: int) -> Array:
        """Whoever had an estimate; in a tool loop only whoever is in it."""
        allowed = np.zeros((n, len(self.places)), dtype=bool)
        allowed[self.at, self.who] = True
        for row, one in enumerate(self.seen):
            if one.lot is not None and one.lot.locked and one.lot.pinned in self.places:
                place = self.places[one.lot.pinned]
                if allowed[row, place]:
                    allowed[row] = False
                    allowed[row, place] = True
        return allowed


def _cells(of: Forecast) -> Iterator[float]:
    raw = of.score if of.raw is None else of.raw
    for value in (of.score, of.std, of.cost_usd, of.latency_s, of.load_price, raw):
        yield np.nan if value is None else value


def _seen(one: Logged) -> Seen:
    wishes = Wishes.model_validate(one.wishes) if one.wishes else NO_WISHES
    return Seen(one.id, one.at, one.category, one.confidence, one.sure, one.outlier, one.grounded, wishes, one.lot)


def _explored(one: Logged, names: list[str]) -> list[float]:
    """The logging policy's chance of each of these; NaN where only that of the one who was drawn is known."""
    if one.lot is not None:
        return list(one.lot.chances(names))
    if isclose(one.propensity, 1.0):
        return [float(name == one.experts[0]) for name in names]
    return [np.nan] * len(names)


def _closed(chances: Array) -> Array:
    """Who could not be asked had no chance, where the others' are known."""
    known = ~np.isnan(chances).all(axis=1, keepdims=True)
    return np.where(known & np.isnan(chances), 0.0, chances)


def _with_failures(given: Array, failed: Array, action: Array, ids: list[str], tally: Tally) -> Array:
    """(n,) opinions, and 0 for failed answers: for as many of them as answers of the same expert get opinions.

    Whoever got no answer seldom says so. Were each failure to count beside the few answers that somebody judged, an
    expert would look as much worse as people are silent; were none to, a broken expert would look as good as new.
    """
    known = ~np.isnan(given)
    reward = given.copy()
    for place in np.unique(action[failed & ~known]).tolist():
        answered = (action == place) & ~failed
        rate = known[answered].mean() if answered.any() else known[~failed].mean() if (~failed).any() else 1.0
        for row in np.flatnonzero(failed & ~known & (action == place)).tolist():
            if _share(ids[row]) < rate:
                reward[row] = 0.0
                tally.failures_counted += 1
    return reward


def _share(id_: str) -> float:
    """In [0, 1), the same for the same decision, as if drawn."""
    return int.from_bytes(blake2b(id_.encode(), digest_size=7).digest(), "big") / 2**56
