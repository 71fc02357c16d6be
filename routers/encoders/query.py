"""The two speeds at which a query is read, writing rows of one layout.

Quick: hashed words, their classifier, and a sketch of the embedding; microseconds. Full: a transformer's embedding,
and categories from both; milliseconds. Knows no expert.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routers.base import Array, Encoder
from routers.classifier import CategoryClassifier
from routers.encoders.layout import Layout
from routers.encoders.shape import shapes
from routers.encoders.sketch import Sketch
from routers.encoders.static import StaticEncoder
from routers.head import CategoryHead


class QuickEncoder:
    """Rows from the bag of words alone."""

    name = "static"
    inline = True

    def __init__(self, static: StaticEncoder, classifier: CategoryClassifier, sketch: Sketch) -> None:
        self.static = static
        self.classifier = classifier
        self.sketch = sketch
        self.layout = Layout(classifier.categories_, sketch.basis_.shape[1])

    def encode(self, texts: Sequence[str]) -> Array:
        bag = self.static.encode(texts)
        chances = self.classifier.predict_proba(bag)
        return self.layout.rows(self.sketch.predict(bag), shapes(texts), chances)


class FullEncoder:
    """Rows from a transformer, with the bag of words as a second opinion on the category.

    A transformer is sure of anything, gibberish too; how familiar the words are tempers it as it does the quick one.
    """

    inline = False

    def __init__(
        self, static: StaticEncoder, classifier: CategoryClassifier, model: Encoder, head: CategoryHead
    ) -> None:
        self.name = model.name
        self.static = static
        self.classifier = classifier
        self.model = model
        self.head = head
        self.layout = Layout(classifier.categories_, head.coefficients_.shape[0])

    def encode(self, texts: Sequence[str]) -> Array:
        bag = self.static.encode(texts)
        embeddings = self.model.encode(texts)
        chances = self.head.predict_proba(embeddings, self.classifier.logits(bag))
        familiar = self.classifier.familiarity(bag)[:, None]
        tempered = familiar * chances + (1 - familiar) / chances.shape[1]
        return self.layout.rows(embeddings, shapes(texts), tempered)


class TwoSpeedEncoder:
    """The quick encoder settles what it is sure of; the full one is asked for the rest.

    `settle_above`: the confidence from which the quick one's reading stands, calibrated to a stated loss. An
    encoder without a full half settles everything.
    """

    name = "two-speed"

    def __init__(self, quick: QuickEncoder, full: FullEncoder | None, settle_above: float) -> None:
        self.quick = quick
        self.full = full
        self.settle_above = settle_above
        self.layout = quick.layout

    @property
    def inline(self) -> bool:
        return self.full is None

    def encode(self, texts: Sequence[str]) -> Array:
        rows = self.quick.encode(texts)
        asked = [n for n, settled in enumerate(self.settled(rows)) if not settled]
        if asked and self.full is not None:
            rows[asked] = self.full.encode([texts[n] for n in asked])
        return rows

    def settled(self, rows: Array) -> Array:
        """(n,) bool: which of the quick encoder's rows stand."""
        if self.full is None:
            return np.ones(len(rows), dtype=bool)
        sure: Array = self.layout.chances(rows).max(axis=1) >= self.settle_above
        return sure
