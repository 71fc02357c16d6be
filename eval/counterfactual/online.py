"""A policy that learns, replayed: at each decision it knows what had been said before it, and nothing that came later.

What a learning policy would have been told differs from what the one that logged was told; the replay goes by the
latter, as progressive validation does. Knows no database and no estimator.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from gateway.configuration import Configuration
from gateway.experts import Policy
from gateway.learning.corrector import Corrector
from gateway.learning.learn import Learn
from gateway.learning.school import study_of
from gateway.learning.spending import Spending
from gateway.learning.window import Judged, judged, room
from gateway.logged import Logged
from gateway.types import Decision, Features

EVERY = 50
"""Judgements after which it is learned anew, or a fiftieth of all, where that is more."""
GONE = ""
"""The version of an expert that is no longer configured."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """A decision as it stood: when, how long, what it needed, and the scores before any correction, by expert."""

    at: float
    router: str
    input_tokens: int
    needs: frozenset[str]
    raw: dict[str, float]


class Progressive:
    """Corrects decisions of a log, which must come in the order of their time; one from before begins anew.

    Its budget is the share of queries alone: what a day's dollars would have stopped is not played.
    """

    def __init__(self, rows: Iterable[Logged], make: Callable[[Collection[str]], Corrector]) -> None:
        """make: the corrector over these experts, which may be others than are configured now."""
        self._moments: dict[str, _Moment] = {}
        self._judged: list[Judged] = []
        for one in rows:
            self._moments[one.id] = _moment(one)
            said = judged(one)
            if said is not None:
                self._judged.append(said)
        experts = {name: None for moment in self._moments.values() for name in moment.raw}
        self._corrector, self._most = make(experts), room(len(experts))
        self._judged.sort(key=lambda row: (row.at, row.id))
        self._times = [row.at for row in self._judged]
        self._begin()

    def __call__(self, id: str, decision: Decision) -> Decision:
        """The decision as it would have been corrected when it was taken; as it is where the log does not hold it."""
        moment = self._moments.get(id)
        if moment is None:
            return decision
        self._go_to(moment.at)
        estimates = decision.estimates
        raw = [moment.raw.get(name, score) for name, score in zip(estimates.experts, estimates.score, strict=True)]
        before = replace(estimates, score=np.array(raw, dtype=np.float64), lesson=None)
        features = Features("", False, moment.input_tokens, 0, moment.needs)
        return self._corrector.correct(replace(decision, router=moment.router, estimates=before), features)

    def _begin(self) -> None:
        self._at, self._known = -np.inf, 0
        self._corrector.study(())

    def _go_to(self, at: float) -> None:
        """What was said up to then is known."""
        if at < self._at:
            self._begin()
        self._at = at
        known = int(np.searchsorted(self._times, at, side="right"))
        if known - self._known >= max(EVERY, self._known // EVERY):
            self._known = known
            self._corrector.study(self._judged[max(0, known - self._most) : known])


def _moment(one: Logged) -> _Moment:
    scores = ((each.expert, each.score if each.raw is None else each.raw) for each in one.forecasts)
    raw = {expert: score for expert, score in scores if score is not None}
    return _Moment(one.at, one.router, one.input_tokens, one.needs, raw)


def progressive(
    rows: Iterable[Logged], policy: Policy, configuration: Configuration, reference_usd: float
) -> Progressive | None:
    """Over these rows of the record; None where the policy does not learn."""
    if policy.learn is None:
        return None
    unbounded: Learn = policy.learn.model_copy(update={"budget_usd": None})
    study = study_of(policy, configuration, reference_usd)

    def make(experts: Collection[str]) -> Corrector:
        known = {**dict.fromkeys(experts, GONE), **study.versions}
        return Corrector("replay", unbounded, replace(study, versions=known), Spending())

    return Progressive(rows, make)
