"""A bank of graded questions to test a new expert on: what is known of each before the expert is asked.

Knows who has answered which question and how well, and no answer's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from routers.base import Array, Matrix, Router
from routers.categories import category_of
from routers.corpus import spelled_out
from routers.errors import ArtifactError
from routers.grading import RULES
from routers.irt.item import Items, answered_items, plain_items
from routers.irt.posterior import Posterior
from routers.irt.router import IrtRouter
from routers.onboarding import Onboarding
from routers.questions import Questions

FEWEST_PEERS = 3
FEWEST_ANSWERS = 30
"""A peer with fewer recorded answers in the bank says too little of its questions."""


class Artifact(Protocol):
    """What was trained before: how texts become rows, and the routers on them by name, one of them "irt"."""

    @property
    def version(self) -> str: ...

    @property
    def routers(self) -> Mapping[str, Router]: ...

    def encode(self, texts: Sequence[str]) -> Matrix: ...


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is needed to ask and to grade it; `category` is ours, "" where the table's says nothing."""

    text: str
    choices: tuple[str, ...]
    gold: str
    answer_type: str
    category: str

    @property
    def spelled_out(self) -> str:
        return spelled_out(self.text, self.choices)


def gradable(table: Questions) -> Array:
    """(n,) the rows whose answers a rule can judge."""
    pairs = zip(table.golds, table.answer_types, strict=True)
    return np.flatnonzero([bool(gold) and answer_type in RULES for gold, answer_type in pairs])


def questions_of(table: Questions, rows: Iterable[int]) -> tuple[Question, ...]:
    """These rows of a table."""
    return tuple(
        Question(
            table.texts[n],
            table.choices[n],
            table.golds[n],
            table.answer_types[n],
            category_of(table.categories[n]),
        )
        for n in rows
    )


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """questions: `items` says how hard each is. prior: what is known of an expert nobody has asked.

    peers: the experts whose answers tell how hard the items are.
    """

    questions: tuple[Question, ...]
    items: Items
    prior: Posterior
    peers: tuple[str, ...]
    version: str

    def test(self, seed: int) -> Onboarding:
        """A test over all of it.

        Where no peer has answered, questions are drawn at random: leaving out one recorded model after the other,
        choosing by what texts say of difficulty alone made the mean accuracy err more, not less.
        """
        kinds = np.unique([question.category for question in self.questions], return_inverse=True)[1]
        return Onboarding(self.items, self.prior, kinds=kinds, explore=0.0 if self.peers else 1.0, seed=seed)


def open_bank(artifact: Artifact, questions: Sequence[Question], peers: Mapping[str, Array]) -> Bank:
    """The bank; `peers` are other experts' scores (n,) on these questions, NaN where missing.

    ArtifactError for an artifact without an irt router.
    """
    router = artifact.routers.get("irt")
    if not isinstance(router, IrtRouter):
        raise ArtifactError(f"the artifact {artifact.version} holds no irt router; train one, or name another artifact")
    rows = artifact.encode([question.spelled_out for question in questions])
    useful = _useful(peers)
    return Bank(tuple(questions), _items(router, rows, useful), router.prior, tuple(useful), artifact.version)


def _useful(peers: Mapping[str, Array]) -> dict[str, Array]:
    """The peers that answered enough; none where those are too few."""
    enough = {name: scores for name, scores in peers.items() if (~np.isnan(scores)).sum() >= FEWEST_ANSWERS}
    return enough if len(enough) >= FEWEST_PEERS else {}


def _items(router: IrtRouter, rows: Matrix, peers: Mapping[str, Array]) -> Items:
    alpha, beta = router.query_side(rows)
    if not peers:
        return plain_items(alpha, beta, router.prior, router.link_)
    for name in peers.keys() - set(router.experts_):
        router = router.add(name, rows, peers[name])
    theta = router.select(tuple(peers)).theta_
    return answered_items(alpha, beta, np.column_stack(list(peers.values())), theta, router.prior)
