"""What is put to the test: the fitted routers of one artifact, their encoder, and what it takes a text for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from eval.routing.data import Trial
from routers.base import Array, Matrix, Router
from routers.categories import nearest
from routers.encoders.layout import Layout
from routers.errors import TableError
from routers.manifest import digest
from routers.questions import some
from routers.reader import Reader
from routers.table import Table

Kind = Literal["router", "strategy", "baseline", "oracle"]

EXACT = ("random", "zero")
"""Baselines that draw lots: their expectation over all draws is computed from the outcomes instead."""
TITLES = {"constant": "best single", "neighbours": "kNN"}
"""What a router is called in a report, where that is not its name."""


class Suite(Protocol):
    """An artifact's routers, fitted, by short name; `kinds` says of each whether it is a router or a baseline."""

    @property
    def version(self) -> str: ...

    @property
    def routers(self) -> Mapping[str, Router]: ...

    @property
    def kinds(self) -> Mapping[str, str]: ...

    @property
    def layout(self) -> Layout:
        """What stands where in a row; the chances of the categories are its last columns."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Rows for the routers."""

    def category_chances(self, X: Matrix) -> tuple[Array, tuple[str, ...]]:
        """(n, K) probabilities, and the K names."""


@dataclass(frozen=True, slots=True)
class Untrained:
    """A reader of texts alone: nothing was trained before, so whatever learns is fitted on the table itself."""

    reader: Reader
    routers: Mapping[str, Router] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return self.reader.version

    @property
    def layout(self) -> Layout:
        return self.reader.layout

    def encode(self, texts: Sequence[str]) -> Matrix:
        return self.reader.encode(texts)

    def category_chances(self, X: Matrix) -> tuple[Array, tuple[str, ...]]:
        return self.layout.chances(X), self.layout.categories


@dataclass(frozen=True, slots=True)
class Contestant:
    """A router over exactly the experts of a trial. name: in its suite; title: in a report."""

    name: str
    title: str
    kind: Kind
    router: Router


def known_to(suite: Suite, table: Table, named: Sequence[str] | None) -> Table:
    """The table over the experts that were named, or else over those the suite knows; it says who was left out.

    TableError for a named expert that no router knows, or where there is none to go on with.
    """
    known = {expert for router in suite.routers.values() for expert in router.experts_}
    if named is None:
        shared = [expert for expert in table.experts if expert in known]
        if not shared:
            raise TableError(f"the artifact knows none of the outcomes' models {some(table.experts)}; leave it out")
        unknown = [expert for expert in table.experts if expert not in known]
        line = f"{len(unknown)} experts that the artifact does not know ({some(unknown)})"
        kept = table.among(shared)
        return replace(kept, left_out=(*kept.left_out, line)) if unknown else kept
    strange = [expert for expert in named if expert not in known]
    if strange:
        near = nearest(strange[0], known)
        raise TableError(f"no router of the artifact knows {', '.join(strange)}; the nearest it knows are {near}")
    return table


def unlearned(table: Table, questions: Path, learned_from: Collection[str]) -> Table:
    """The table without what an artifact was trained on, where the very file of questions is among those it names.

    learned_from: sha256 of its tables. TableError where no question is left.
    """
    if digest(questions) not in learned_from:
        return table
    rows = np.flatnonzero(np.array(table.split) != "train")
    if not len(rows):
        raise TableError(f"the artifact has learned from every question of {questions}; judge it on others")
    line = f"{len(table.texts) - len(rows)} questions that the artifact was trained on (by {table.split_from})"
    kept = table.part(rows)
    return replace(kept, left_out=(*kept.left_out, line))


def contestants(suite: Suite, trial: Trial) -> tuple[tuple[Contestant, ...], tuple[str, ...]]:
    """The suite's routers over the trial's experts, and in words which cannot take part."""
    taking_part, lines = [], []
    for name, router in suite.routers.items():
        lacking = [expert for expert in trial.experts if expert not in router.experts_]
        if name in EXACT:
            continue
        if lacking:
            lines.append(f"the router {name}, which does not know {some(lacking)}")
            continue
        over = router if router.experts_ == trial.experts else router.select(trial.experts)
        kind: Kind = "router" if suite.kinds[name] == "router" else "baseline"
        taking_part.append(Contestant(name, TITLES.get(name, name), kind, over))
    return tuple(taking_part), tuple(lines)
