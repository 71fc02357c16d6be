"""Pairs ready to be learned from: with rows of the base retrieval encoder, similarities, and a router's chances.

What a table lacks is worked out and kept in memory only. Knows no parameter of the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routers.base import Array
from routers.gating.gains import Asked, Hit
from routers.gating.pairs import Pair, Pairs
from routers.retriever import Retriever
from routers.suite import load_bundled_suite

Progress = Callable[[str], None]
BLEND = "blend"
BLOCK = 64


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """questions: (n, d) unit rows, one a pair. encoder, version: of what wrote them."""

    pairs: tuple[Pair, ...]
    questions: Array
    encoder: str
    version: str

    @property
    def without(self) -> Array:
        """(n,) scores."""
        return np.array([pair.without for pair in self.pairs])

    @property
    def documented(self) -> Array:
        """(n,) scores."""
        return np.array([pair.documented for pair in self.pairs])

    @property
    def groups(self) -> Array:
        """(n,) numbers of the questions: pairs of the same text have the same."""
        return np.unique([pair.text for pair in self.pairs], return_inverse=True)[1]

    def among(self, places: Array) -> Labelled:
        """Some of the pairs."""
        pairs = tuple(self.pairs[place] for place in places.tolist())
        return replace(self, pairs=pairs, questions=self.questions[places])

    def asked(self, place: int) -> Asked:
        """A pair as the gate is asked about it when serving; nothing of its answers."""
        pair = self.pairs[place]
        figures = (np.array([figure]) for figure in (pair.chance, pair.std, pair.knows))
        return Asked(pair.text, self.questions[place], (pair.expert,), *figures)


def label(pairs: Pairs, retriever: Retriever, progress: Progress = lambda _: None) -> Labelled:
    """Encode the questions, and passages without a similarity; ask the bundled routers where a chance is missing.

    An expert that the bundled routers do not know has the mean chance of those they know.
    """
    progress("encoding questions")
    texts = list(dict.fromkeys(pair.text for pair in pairs.rows))
    questions = dict(zip(texts, retriever.encode_queries(texts), strict=True))
    passages = _encoded(pairs.rows, retriever, progress)
    ready = [replace(pair, hits=_near(pair.hits, questions[pair.text], passages)) for pair in pairs.rows]
    progress("asking the routers")
    ready = _foretold(ready)
    return Labelled(tuple(ready), np.array([questions[pair.text] for pair in ready]), retriever.name, retriever.version)


def _encoded(rows: Sequence[Pair], retriever: Retriever, progress: Progress) -> dict[str, Array]:
    """The rows of every passage without a similarity, by its text."""
    missing = [chunk_of(hit) for pair in rows for hit in pair.hits if np.isnan(hit.similarity)]
    chunks = list(dict.fromkeys(missing))
    found: dict[str, Array] = {}
    for start in range(0, len(chunks), BLOCK):
        progress(f"encoding passages ({start} of {len(chunks)})")
        part = chunks[start : start + BLOCK]
        found.update(zip(part, retriever.encode(part), strict=True))
    return found


def _near(hits: Sequence[Hit], question: Array, passages: dict[str, Array]) -> tuple[Hit, ...]:
    return tuple(
        replace(hit, similarity=float(passages[chunk_of(hit)] @ question)) if np.isnan(hit.similarity) else hit
        for hit in hits
    )


def chunk_of(hit: Hit) -> str:
    """A passage as it is encoded."""
    return f"{hit.title}\n{hit.text}" if hit.title else hit.text


def _foretold(pairs: list[Pair]) -> list[Pair]:
    """With the chances of the bundled routers where there were none."""
    unknown = list(dict.fromkeys(pair.text for pair in pairs if np.isnan(pair.chance)))
    if not unknown:
        return pairs
    suite = load_bundled_suite(only=[BLEND])
    said = suite.routers[BLEND].predict(suite.encode(unknown))
    places = {text: place for place, text in enumerate(unknown)}
    columns = {name: column for column, name in enumerate(suite.routers[BLEND].experts_)}
    found = []
    for pair in pairs:
        row = places.get(pair.text)
        if row is not None and np.isnan(pair.chance):
            chance, std = _chance(said.mean[row], said.std[row], columns.get(pair.expert))
            pair = replace(pair, chance=chance, std=std)
        found.append(pair)
    return found


def _chance(mean: Array, std: Array, column: int | None) -> tuple[float, float]:
    """Of one expert; of an unknown one the mean over all: how hard the question is. How good it is, is its level's."""
    if column is not None:
        return float(mean[column]), float(std[column])
    return float(mean.mean()), float(np.sqrt((std**2).mean()))
