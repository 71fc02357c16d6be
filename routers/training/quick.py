"""The quick half of a reader: hashed words and their category classifier, chosen and calibrated on dev."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from routers.base import Array
from routers.calibration import accuracy, fit_familiarity, fit_temperature
from routers.classifier import CategoryClassifier
from routers.corpus import Corpus, Row
from routers.encoders.hashing import Space
from routers.encoders.static import StaticEncoder, rarities
from routers.prompts import strangers

STRENGTHS = (30.0, 50.0)
"""Inverse regularization strengths tried on dev; the most accurate is kept."""
Progress = Callable[[str], None]


def silent(line: str) -> None:
    """Progress nobody asked for."""


def train_quick(
    corpus: Corpus, strengths: Sequence[float], seed: int, progress: Progress
) -> tuple[StaticEncoder, CategoryClassifier]:
    """The encoder whose rarities are the corpus's, and the classifier that reads the most dev questions right."""
    encoder = StaticEncoder(Space(), rarities([row.text for row in corpus.train], Space()))
    classifier = _choose(encoder, corpus, strengths, progress)
    fit_temperature(classifier, bag(encoder, corpus.dev), truths(classifier.categories_, corpus.dev))
    known = bag(encoder, corpus.prompts_dev)  # about as short as the strange ones: length must not tell them apart
    fit_familiarity(classifier, known, encoder.encode(strangers(seed)))
    progress(f"temperature {classifier.temperature_:.3f}")
    return encoder, classifier


def _choose(
    encoder: StaticEncoder, corpus: Corpus, strengths: Sequence[float], progress: Progress
) -> CategoryClassifier:
    X, X_dev = bag(encoder, corpus.train), bag(encoder, corpus.dev)
    y, weights = named(corpus.train)
    candidates = []
    for strength in strengths:
        classifier = CategoryClassifier(encoder.space.words, C=strength).fit(X, y, weights)
        share = accuracy(classifier.logits(X_dev), truths(classifier.categories_, corpus.dev))
        progress(f"C = {strength:g}: {share:.4f} of dev read right")
        candidates.append((share, classifier))
    return max(candidates, key=lambda candidate: candidate[0])[1]


def bag(encoder: StaticEncoder, rows: Sequence[Row]) -> Array:
    """Static rows of a corpus's rows."""
    found: Array = encoder.encode([row.text for row in rows])
    return found


def named(rows: Sequence[Row]) -> tuple[Array, Array]:
    """(n,) names of the categories, and (n,) how much each row counts."""
    return np.array([row.category for row in rows]), np.array([row.weight for row in rows])


def truths(categories: Sequence[str], rows: Sequence[Row]) -> Array:
    """(n,) the column of each row's category."""
    return np.array([categories.index(row.category) for row in rows], dtype=np.intp)
