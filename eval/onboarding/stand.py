"""One recorded expert taken for a newcomer: the bank it is tested on, and the pool it would join. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routers.bank import Artifact, Bank, Question, open_bank
from routers.base import Array, Matrix, Router
from routers.categories import category_of
from routers.errors import ArtifactError, TableError
from routers.irt.posterior import Posterior, posterior
from routers.irt.router import IrtRouter
from routers.table import Table

FEWEST_QUESTIONS, FEWEST_EXPERTS = 20, 3


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """An artifact whose rows for some texts are known already: each expert's bank holds the same questions."""

    version: str
    routers: Mapping[str, Router]
    rows: Mapping[str, int]
    X: Matrix

    def encode(self, texts: Sequence[str]) -> Matrix:
        return self.X[[self.rows[text] for text in texts]]


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """What every trial shares. expected (n, m): P(right) of the table's experts, as the artifact knows them or as all
    their answers tell. halves (n,): a question's half, duplicates in the same one."""

    table: Table
    questions: tuple[Question, ...]
    artifact: Remembered
    router: IrtRouter
    expected: Array
    halves: Array

    def bank(self, place: int) -> tuple[Bank, Array]:
        """The questions that the expert in this column has answered, by row; everybody else is a peer."""
        rows = np.flatnonzero(~np.isnan(self.table.outcomes[:, place]))
        peers = {name: self.table.outcomes[rows, m] for m, name in enumerate(self.table.experts) if m != place}
        return open_bank(self.artifact, [self.questions[n] for n in rows], peers), rows

    def chances(self, ability: Posterior) -> Array:
        """(n,) P(right) of an expert of this ability, as serving would expect it."""
        return _chances(self.router, self.artifact.X, {"newcomer": ability})[:, 0]

    def fully_known(self, place: int) -> Array:
        """(n,) P(right) of an expert whose answers to the other half of the questions are all known."""
        alpha, beta = self.router.query_side(self.artifact.X)
        found = np.empty(len(self.halves))
        for half in (0, 1):
            told = (self.halves != half) & ~np.isnan(self.table.outcomes[:, place])
            learned = posterior(alpha[told], beta[told], self.table.outcomes[told, place], self.router.prior)
            found[self.halves == half] = self.chances(learned)[self.halves == half]
        return found


def stand_of(table: Table, artifact: Artifact, X: Matrix, texts: Sequence[str]) -> Stand:
    """Over a table's questions, X (n, d) their rows. TableError or ArtifactError where that gives no trial."""
    router = artifact.routers.get("irt")
    if not isinstance(router, IrtRouter):
        raise ArtifactError(f"the artifact {artifact.version} holds no irt router; train one, or name another artifact")
    if len(table.experts) < FEWEST_EXPERTS:
        raise TableError(f"{len(table.experts)} experts are too few to leave one out; give {FEWEST_EXPERTS} or more")
    answered = (~np.isnan(table.outcomes)).sum(axis=0)
    if answered.min() < FEWEST_QUESTIONS:
        few = table.experts[int(answered.argmin())]
        raise TableError(
            f"{few} has answered {answered.min()} questions; {FEWEST_QUESTIONS} are needed, or leave it out"
        )
    remembered = Remembered(artifact.version, artifact.routers, {text: n for n, text in enumerate(texts)}, X)
    halves = np.random.default_rng(0).integers(2, size=int(table.groups.max()) + 1)[table.groups]
    return Stand(
        table, _questions(table), remembered, router, _chances(router, X, _abilities(table, router, X)), halves
    )


def _questions(table: Table) -> tuple[Question, ...]:
    columns = zip(table.texts, table.choices, table.golds, table.answer_types, table.categories, strict=True)
    return tuple(
        Question(text, choices, gold, kind, category_of(category)) for text, choices, gold, kind, category in columns
    )


def _chances(router: IrtRouter, X: Matrix, abilities: Mapping[str, Posterior]) -> Array:
    """(n, m), with the answers' uncertainty integrated out."""
    return np.asarray(router.with_posteriors(abilities).predict(X).mean)


def _abilities(table: Table, router: IrtRouter, X: Matrix) -> dict[str, Posterior]:
    known = dict(router.posteriors)
    alpha, beta = router.query_side(X)
    for m, name in enumerate(table.experts):
        if name not in known:
            told = ~np.isnan(table.outcomes[:, m])
            known[name] = posterior(alpha[told], beta[told], table.outcomes[told, m], router.prior)
    return {name: known[name] for name in table.experts}
