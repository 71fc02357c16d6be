"""What speaks for documents holding the answer: their similarity, and which of the question's words stand in them.

Knows no expert and no weight; every number is scaled so that 0 is a middling search and 1 about as good as it gets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routers.base import Array
from routers.gating.gains import Hit
from routers.gating.words import Question, forms, is_closed, words_of

SIGNALS = ("similarity", "margin", "coverage", "anchor", "title", "agreement")
MIDDLE, SPREAD = 0.55, 0.15
"""Cosines of a small sentence encoder: strangers stand at 0.2, a passage that answers at 0.6 to 0.7."""
MARGIN = 0.1
"""A top passage stands before the others' mean by about this much."""
COVERED, COVERING = 0.75, 0.2
"""The weighed share of a question's words in its best passage: a middling one, and how far they stand apart."""
AGREED = 0.6
"""The same of a middling passage among several."""


def evidence(question: Question, ranks: Array, hits: Sequence[Hit]) -> Array:
    """(6,) as SIGNALS names them; 0 where nothing can be said. ranks: the weight of each word of the question.

    similarity: of the nearest passage. margin: over the mean of the others. coverage: the greatest share of the
    question's words, by weight, in one passage. anchor: -1 where the weightiest word stands in no passage, else 0.
    title: how much of the question a passage's title makes up, where all of the title is in the question. agreement:
    the mean coverage of all passages.
    """
    similarities = np.array([hit.similarity for hit in hits], dtype=np.float64)
    words = [words_of(hit.title) for hit in hits]
    held = np.array(
        [_held(question, title | words_of(hit.text)) for hit, title in zip(hits, words, strict=True)], dtype=bool
    )
    weights = ranks / ranks.sum() if ranks.sum() > 0 else np.full(len(ranks), 1 / max(len(ranks), 1))
    shares = held @ weights if len(weights) else np.zeros(len(hits))
    similarity, margin = _nearness(similarities)
    return np.array(
        [
            similarity,
            margin,
            (shares.max() - COVERED) / COVERING,
            _anchor(held, weights),
            max(_titled(question, weights, title) for title in words),
            (shares.mean() - AGREED) / COVERING,
        ]
    )


def _held(question: Question, words: frozenset[str]) -> list[bool]:
    return [any(form in words for form in forms(word)) for word in question.content]


def _nearness(similarities: Array) -> tuple[float, float]:
    known = similarities[~np.isnan(similarities)]
    if not len(known):
        return 0.0, 0.0
    top = known.max()
    rest = float((known.sum() - top) / (len(known) - 1)) if len(known) > 1 else float(top)
    return float((top - MIDDLE) / SPREAD), float((top - rest) / MARGIN) - 1 if len(known) > 1 else 0.0


def _anchor(held: Array, weights: Array) -> float:
    if not len(weights):
        return 0.0
    return 0.0 if held[:, int(weights.argmax())].any() else -1.0


def _titled(question: Question, weights: Array, title: frozenset[str]) -> float:
    """The weighed share of the question that the title names; 0 where the title names something else as well."""
    named = {word for word in title if not is_closed(word)}
    if not named:
        return 0.0
    matched = [any(form in named for form in forms(word)) for word in question.content]
    foreign = len(named) - sum(matched)
    return float(weights @ np.array(matched, dtype=bool)) if foreign <= 0 else 0.0
