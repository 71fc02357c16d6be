"""What the gateway knows of every question before anybody is asked: features, a decision, a situation, and the kit.

By the code that serves. Made once; no policy is known here, so every setting shares it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from eval.compose.memory import Remembering
from eval.routing.data import Trial
from eval.routing.prices import Models
from eval.watching import Watch
from gateway.columns import Columns
from gateway.decide import Expected, decide
from gateway.entry import Price
from gateway.experts import Expert, Experts
from gateway.features import EXPECTED_OUTPUT_TOKENS, features_of
from gateway.form import Form, Kind
from gateway.kit import Kit, kit_of
from gateway.lengths import Lengths, ratios
from gateway.policy import Situation
from gateway.pool import Member
from gateway.reading import Forecast, Reading, readings, rows_of
from gateway.reference import PLAIN, Reference
from gateway.types import Decision, Features, Query
from gateway.wishes import Wishes
from routers.base import Array
from routers.errors import TableError
from routers.suite import Suite

BATCH = 256
"""Questions that are read at once."""
KINDS: Mapping[str, Kind] = {
    "mcq": "choice",
    "numeric": "number",
    "short_text": "short",
    "code_literal": "code",
    "code": "free",
    "free": "free",
}
"""A table's type of answer as the wish `answer` names it."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """(n,) every question, and what routers and strategies see of it."""

    queries: tuple[Query, ...]
    features: tuple[Features, ...]

    @property
    def forms(self) -> tuple[Form, ...]:
        """Of the answers."""
        return tuple(one.form for one in self.features)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One question, decided."""

    query: Query
    features: Features
    decision: Decision
    situation: Situation


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """scenes: (n,). seats: (m,) what each expert of the trial is called in the pool; any text may be a model's name."""

    scenes: tuple[Scene, ...]
    seats: tuple[str, ...]
    kit: Kit


def asked_of(trial: Trial) -> Asked:
    """As callers would ask who say what kind of answer they want, where the table says it."""
    rows = zip(trial.table.query_ids, trial.texts, trial.table.answer_types, trial.table.choices, strict=True)
    queries = tuple(
        Query(query_id, "auto", {"messages": [{"role": "user", "content": text}]}, wishes=_wishes(type_, choices))
        for query_id, text, type_, choices in rows
    )
    return Asked(queries, tuple(features_of(query, read=True) for query in queries))


def _wishes(answer_type: str, choices: Sequence[str]) -> Wishes:
    return Wishes(answer=KINDS.get(answer_type, "choice" if choices else None))


def staged(
    trial: Trial, asked: Asked, suite: Suite, router: str, models: Models | None, thread: Executor, watch: Watch
) -> Stage:
    """Every question read and decided by this router of the suite; TableError where the artifact has none so called."""
    experts = _experts(trial, models)
    reading = _reading(suite, experts, router)
    columns = Columns.of(Member(expert, "", "") for expert in experts.experts)
    outlook = _Outlook(trial, columns, Lengths(columns, ratios(columns, suite.verbosity)))
    forecasts = _read(reading, [one.text for one in asked.features], watch)
    general = _general(suite, reading) if any(one.outlier for one in forecasts) else {}
    rows = zip(asked.queries, asked.features, forecasts, strict=True)
    kit = kit_of(experts.experts, suite, thread)
    kit = replace(kit, view=Remembering(kit.view))
    scenes = []
    for n, (query, features, forecast) in enumerate(rows):
        decision = outlook.decision(n, features, reading, forecast)
        best = max(decision.estimates.experts, key=lambda name: general.get(name, 0.0)) if decision.outlier else None
        prospects = partial(kit.prospects, decision, features)
        situation = Situation(outlook.reference_usd, generalist=best, form=features.form, prospects=prospects)
        scenes.append(Scene(query, features, decision, situation))
    return Stage(tuple(scenes), columns.names, kit)


def _read(reading: Reading, texts: Sequence[str], watch: Watch) -> list[Forecast]:
    forecasts: list[Forecast] = []
    for start in range(0, len(texts), BATCH):
        watch(f"reading {len(texts)} questions", start / len(texts))
        forecasts += reading.with_care(texts[start : start + BATCH])
    return forecasts


@dataclass(frozen=True, slots=True, eq=False)
class _Outlook:
    """What answers are expected to take, before they are asked for."""

    trial: Trial
    columns: Columns
    lengths: Lengths

    @property
    def reference_usd(self) -> float:
        return 0.0 if self.trial.costs is None else self.trial.costs.reference_usd

    def decision(self, n: int, features: Features, reading: Reading, forecast: Forecast) -> Decision:
        """Whom nobody measured on this question cannot be asked."""
        places: Array = np.flatnonzero(self.trial.measured[n])
        return decide(self.columns.names, places, (), reading, forecast, places, self.expected(n, features, forecast))

    def expected(self, n: int, features: Features, forecast: Forecast) -> Expected:
        """By prices and lengths as in serving; where costs were recorded, by those."""
        typical = forecast.output_tokens or float(EXPECTED_OUTPUT_TOKENS)
        tokens = self.lengths.expected(typical, features)
        cost_usd = self.columns.cost_usd(features.input_tokens, tokens)
        if self.trial.costs is not None and not self.columns.reference_usd:
            cost_usd = self.trial.costs.expected[n]
        return Expected(typical, tokens, cost_usd, self.columns.latency)


def _experts(trial: Trial, models: Models | None) -> Experts:
    """The pool, as experts.yaml would say it."""
    priced = models if trial.costs is not None and models is not None else {}
    return Experts(
        version=1,
        experts=tuple(
            Expert(
                name=f"expert-{place}",
                provider="replay",
                model=name,
                responses="outcomes",
                profile=name,
                price=priced[name].price if name in priced else Price(),
            )
            for place, name in enumerate(trial.experts)
        ),
    )


def _reading(suite: Suite, experts: Experts, router: str) -> Reading:
    if router not in suite.routers:
        raise TableError(f"the artifact has no router {router}; it has {', '.join(suite.routers)}")
    return readings(suite, experts, Path())[router]


def _general(suite: Suite, reading: Reading) -> Mapping[str, float]:
    """What each expert scores on average over plain questions; who is best goes first where a query is strange."""
    texts = tuple(PLAIN.values())
    return Reference.on(rows_of(suite.reader, texts), reading, texts).general()
