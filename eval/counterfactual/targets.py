"""Policies as the chance of every expert on every logged decision, by the code that serves. Knows no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from eval.counterfactual.logs import Target
from eval.counterfactual.reading import Recorded, Seen
from gateway.doubt import Doubt
from gateway.estimates import Estimates
from gateway.experts import Policy
from gateway.policy import Situation, ranking_for
from gateway.reading import Forecast
from gateway.types import Decision
from routers.base import Array

Heard = Callable[[], None]
Corrected = Callable[[str, Decision], Decision]
"""A logged decision, by its id, as a policy that learns would have corrected it."""


@dataclass(frozen=True, slots=True, eq=False)
class Reread:
    """What another router says of the logged queries: score, std (n, m); NaN where it knows an expert not.

    confidence (n,), outlier and sure (n,) bool, as of the router that is meant.
    """

    score: Array
    std: Array
    confidence: Array
    sure: Array
    outlier: Array


@dataclass(frozen=True, slots=True, eq=False)
class Chooser:
    """A policy as it would be served.

    general: what each expert scores on average over all categories, for queries unlike any. reference_usd: what a
    typical query costs at the dearest expert, where the record does not say. least_chance: below it an expert is too
    likely wrong; None where the policy lets anybody answer, or the record's stands. said: what another router says.
    corrected: by feedback, where the policy learns; decisions come to it in the order of the record.
    """

    name: str
    policy: Policy
    general: Mapping[str, float] = field(default_factory=dict)
    reference_usd: float = 0.0
    least_chance: float | None = None
    said: Reread | None = None
    corrected: Corrected | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The target, and on how many decisions none of the policy's experts could have been asked: there it does what was
    done."""

    target: Target
    nobody: int


def chosen(chooser: Chooser, recorded: Recorded, heard: Heard = lambda: None) -> Chosen:
    """What this policy would have done; `heard` is called for each decision."""
    logs, nobody = recorded.logs, 0
    may = np.array(
        [chooser.policy.experts is None or name in chooser.policy.experts for name in logs.experts], dtype=bool
    )
    if chooser.said is not None:
        may &= ~np.isnan(chooser.said.score).all(axis=0)
    chances = np.zeros(logs.allowed.shape)
    for row, seen in enumerate(recorded.seen):
        heard()
        places = np.flatnonzero(logs.allowed[row] & may)
        if len(places):
            chances[row, places] = _chances(chooser, recorded, row, seen, places)
        else:
            chances[row, logs.action[row]] = 1.0
            nobody += 1
    return Chosen(Target(chooser.name, chances), nobody)


def yardsticks(recorded: Recorded, otherwise: Target) -> Iterator[Target]:
    """Somebody at random, and always the same one; where that one could not be asked, what another target does."""
    allowed = recorded.logs.allowed
    yield Target("random", allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1))
    for place, name in enumerate(recorded.logs.experts):
        alone = np.zeros(allowed.shape)
        alone[:, place] = 1.0
        yield Target(f"always {name}", np.where(allowed[:, [place]], alone, otherwise.chances))


def _chances(chooser: Chooser, recorded: Recorded, row: int, seen: Seen, places: Array) -> Array:
    """(k,) of the experts at these places."""
    decision = _decision(chooser.said, recorded, row, seen, places)
    decision = decision if chooser.corrected is None else chooser.corrected(seen.id, decision)
    situation = _situation(chooser, recorded, row, seen, decision, places)
    return ranking_for(decision, chooser.policy, seen.wishes, situation).draw.chances(len(places))


def _decision(said: Reread | None, recorded: Recorded, row: int, seen: Seen, places: Array) -> Decision:
    """As it was before feedback corrected it, but for what another router says."""
    logs = recorded.logs
    score, std = (recorded.raw, recorded.std) if said is None else (said.score, said.std)
    return Decision(
        estimates=Estimates(
            experts=tuple(logs.experts[place] for place in places.tolist()),
            score=score[row, places],
            std=std[row, places],
            cost_usd=logs.expected_usd[row, places],
            latency_s=recorded.expected_s[row, places],
            output_tokens=np.zeros(len(places)),
        ),
        dropped=(),
        router="",
        artifact="",
        confidence=seen.confidence if said is None else float(said.confidence[row]),
        sure=seen.sure if said is None else bool(said.sure[row]),
        category=seen.category,
        reason="",
        outlier=seen.outlier if said is None else bool(said.outlier[row]),
    )


def _situation(
    chooser: Chooser, recorded: Recorded, row: int, seen: Seen, decision: Decision, places: Array
) -> Situation:
    """The moment as it was recorded; who had the conversation had it whatever another policy would have done before."""
    lot, policy = seen.lot, chooser.policy
    load = recorded.load[row, places] / policy.balance if policy.balance else None
    generalist = None
    if decision.outlier:
        kept = lot.generalist if lot is not None and chooser.said is None else None
        best = max(decision.estimates.experts, key=lambda name: chooser.general.get(name, 0.0))
        generalist = kept if kept in decision.estimates.experts else best
    plain = Situation(reference_usd=chooser.reference_usd, load_prices=load, generalist=generalist)
    if lot is None:
        return plain
    least = lot.least_chance if chooser.said is None else chooser.least_chance
    return replace(
        plain,
        reference_usd=lot.reference_usd,
        seconds_left=np.inf if lot.seconds_left is None else lot.seconds_left,
        pinned=lot.pinned,
        locked=lot.locked,
        doubt=None if least is None else Doubt(least, least, "state"),
    )


def none_said(n: int, m: int) -> Reread:
    """Nothing yet; rows are filled in."""
    unknown = np.full((n, m), np.nan)
    return Reread(unknown, unknown.copy(), np.zeros(n), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool))


def put(said: Reread, row: int, forecast: Forecast, where: Array, sure_above: float) -> None:
    """One forecast into its row; where: (m,) in which of the router's columns each expert of the logs stands, or -1."""
    known = where >= 0
    said.score[row, known], said.std[row, known] = forecast.mean[where[known]], forecast.std[where[known]]
    said.confidence[row] = forecast.confidence
    said.sure[row] = forecast.confidence >= sure_above
    said.outlier[row] = bool(forecast.outlier)
