"""Chunks found by words and chunks found by meaning in one order. Knows no store and no encoder.

A convex combination of scores rather than of ranks: ranks forget whether the best is any good, and that is what the
decision to show documents at all goes by (Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval",
TOIS 2023, where it is also the better ranking).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.retrieval.hits import Hits
from gateway.retrieval.passages import Passage
from gateway.retrieval.pilots import rescaled
from routers.base import Array

MEANING = 0.5
"""The share of the score that is the cosine; the rest is BM25, as a share of the best. 0.3 to 0.7 rank alike."""
PER_WORD = 2.0
"""BM25 for each word of the query that the best must reach to count in full, lest a stray word in a small collection,
or one of ten, count as if everything asked for were there."""
UNSEEN = 0.1
"""The cosine that is assumed of what only words found in a collection whose encoder did not read the query."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What one collection answered. vector: (d,) the query under its encoder; None where that did not read it.

    scale: puts cosines of an encoder of its own on the base's scale.
    """

    collection: str
    words: Hits
    near: Hits
    vector: Array | None
    scale: Sequence[tuple[float, float]] = ()


def fused(shelves: Sequence[Shelf], words: int, most: int) -> tuple[Passage, ...]:
    """The best passages, each once: the same text in two places is one passage. words: how many were looked for."""
    highest = max((float(shelf.words.score[0]) for shelf in shelves if len(shelf.words)), default=0.0)
    highest = max(highest, words * PER_WORD)
    found = [passage for shelf in shelves for passage in _passages(shelf, highest)]
    found.sort(key=lambda passage: (-passage.score, passage.collection, passage.document, passage.chunk))
    kept: dict[str, Passage] = {}
    for passage in found:
        kept.setdefault(passage.text, passage)
        if len(kept) == most:
            break
    return tuple(kept.values())


def _passages(shelf: Shelf, highest: float) -> Iterator[Passage]:
    lists = (shelf.words, shelf.near)
    cosines = [_cosines(shelf, hits) for hits in lists]
    seen = set()
    for is_words, hits, cosine in zip((True, False), lists, cosines, strict=True):
        for row in range(len(hits)):
            chunk = int(hits.chunk[row])
            if (hits.id[row], chunk) in seen:
                continue
            seen.add((hits.id[row], chunk))
            share = float(hits.score[row]) / highest if is_words and highest > 0 else 0.0
            yield Passage(
                collection=shelf.collection,
                document=hits.document[row],
                title=hits.title[row],
                chunk=chunk,
                text=hits.text[row],
                similarity=float(cosine[row]),
                score=_score(float(cosine[row]), share),
                words=is_words,
            )


def _cosines(shelf: Shelf, hits: Hits) -> Array:
    """(n,) on the base's scale; NaN where the collection's encoder did not read the query."""
    if shelf.vector is None or not len(hits):
        return np.full(len(hits), np.nan)
    cosines: Array = np.clip(rescaled(hits.vector @ shelf.vector, shelf.scale), -1, 1)
    return cosines


def _score(cosine: float, share: float) -> float:
    """In [0, 1]."""
    known = UNSEEN if np.isnan(cosine) else max(cosine, 0.0)
    return MEANING * known + (1 - MEANING) * share
