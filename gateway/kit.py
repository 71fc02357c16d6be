"""What strategies are fitted with: the same for all requests of one pipeline. Asks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from gateway.confidence import Ranks
from gateway.experts import Expert
from gateway.reading import Reader
from gateway.retrieval.passages import Library
from gateway.types import Decision, Features
from routers.base import Array
from routers.fusion.evidence import Evidence
from routers.fusion.view import FuserView
from routers.packs import Packs
from routers.selective import Curve
from routers.suite import Suite

Encode = Callable[[Sequence[str]], Awaitable[Array]]
"""Texts -> rows (n, d) whose first `EMBEDDING` columns are an embedding of unit length."""
Route = Callable[[str, str], Awaitable[Mapping[str, float]]]
"""(text, router) -> by expert, the chance that it answers the text well; nothing where no router is called so."""
UNKNOWN_CHANCE = 0.5
"""Of an expert that the caller has named: nothing was predicted."""
UNKNOWN_STD = 0.25
EDGE = 0.005
SILENT = 0.1
"""The share of replies that hold no usable answer, over 31 recorded models on questions with options."""
MOST_LOOKED_AT = 24
"""Of a large pool so many are weighed against each other, the best by the plan: nobody asks more of them."""


async def nothing_known(text: str, router: str) -> Mapping[str, float]:
    """Where there is no router to ask."""
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """experts: by name. view: the fuser over them, in their order. encode: the router's own reader.

    leads: by expert and category (`default` for the rest), its measured skill at telling the right one of several
    answers; without those never measured. route: what a router says of a text of the strategy's own. ranks: how sure of
    themselves experts have been lately. packs: prompts by region of queries, by the name that policies give. library:
    documents to look into; None where there are none. curves: by router, and `fuser` for answers that were compared:
    how sure one must be to answer.
    """

    experts: Mapping[str, Expert]
    view: FuserView
    encode: Encode
    leads: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    route: Route = nothing_known
    ranks: Ranks = field(default_factory=Ranks)
    packs: Mapping[str, Packs] = field(default_factory=dict)
    library: Library | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    places: Mapping[str, int] = field(init=False)
    """Of each expert, its column in the view."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", {name: place for place, name in enumerate(self.experts)})

    def blank(self, decision: Decision, features: Features, able: Collection[str]) -> Evidence:
        """What is known before anybody was asked; only the first of those who are `able` may be."""
        estimates, may = decision.estimates, frozenset(islice(able, MOST_LOOKED_AT))
        chance, std = np.full(len(self.places), np.nan), np.full(len(self.places), UNKNOWN_STD)
        rows = [self.places[name] for name in estimates.experts]
        allowed = np.array([name in may for name in estimates.experts])
        score = np.clip(np.where(np.isnan(estimates.score), UNKNOWN_CHANCE, estimates.score), EDGE, 1 - EDGE)
        chance[rows] = np.where(allowed, score, np.nan)
        std[rows] = np.where(np.isnan(estimates.std), UNKNOWN_STD, estimates.std)
        return Evidence.blank(chance, std, len(features.form.options) or None)

    def prospects(self, decision: Decision, features: Features, order: Sequence[str]) -> Array:
        """(m,) in the order of the estimates: what asking each would add once the first of these has had its turn."""
        blank, first = self.blank(decision, features, order), self.places[order[0]]
        answered = self.view.gains(blank.heard(first, 0))
        silent = np.where(np.isneginf(answered), -np.inf, blank.chance)  # then the next one's answer is all there is
        gains: Array = (1 - SILENT) * answered + SILENT * silent
        return gains[[self.places[name] for name in decision.estimates.experts]]


def kit_of(experts: Sequence[Expert], suite: Suite, thread: Executor) -> Kit:
    """The kit for these experts; texts are encoded in the thread."""
    view = suite.fuser.for_experts([expert.profile or expert.name for expert in experts])

    async def encode(texts: Sequence[str]) -> Array:
        return await asyncio.get_running_loop().run_in_executor(thread, suite.reader.encode, texts)

    return Kit({expert.name: expert for expert in experts}, view, encode, curves=suite.manifest.selective)


def route_by(readers: Mapping[str, Reader]) -> Route:
    """What these routers say of a text; texts that come together are read together."""

    async def route(text: str, router: str) -> Mapping[str, float]:
        if router not in readers:
            return await nothing_known(text, router)
        forecast = await readers[router](text)
        return dict(zip(readers[router].reading.router.experts_, forecast.mean.tolist(), strict=True))

    return route
