"""The bundled encoder: hashed words, pairs and pieces, weighed by how rare they are. No model, no download.

Knows no category and no expert. A short text takes well under 0.2 ms, so it may run on an event loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from routers.base import Array
from routers.encoders.hashing import Space, columns_of


class StaticEncoder:
    """`rarity`: (space.size,) inverse document frequencies, as `rarities` counts them on training texts."""

    name = "static"
    inline = True

    def __init__(self, space: Space, rarity: Array) -> None:
        self.space = space
        self.rarity = rarity

    def encode(self, texts: Sequence[str]) -> csr_matrix:
        """CSR (n, space.size), float32, rows of length one; a text without any feature is a row of zeros."""
        counted = [np.unique(columns_of(text, self.space), return_counts=True) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in counted)], dtype=np.int32)
        weights = [self._weights(columns, counts) for columns, counts in counted]
        parts = (_joined(weights, np.float32), _joined([columns for columns, _ in counted], np.int32), ends)
        return csr_matrix(parts, shape=(len(texts), self.space.size), copy=False)

    def _weights(self, columns: Array, counts: Array) -> Array:
        """Sublinear term frequency times rarity, scaled to length one."""
        weights = (1 + np.log(counts, dtype=np.float32)) * self.rarity[columns].astype(np.float32)
        return weights / max(float(np.sqrt(weights @ weights)), 1e-12)


def rarities(texts: Sequence[str], space: Space) -> Array:
    """(space.size,) float16: log((1 + n) / (1 + df)) + 1, df being the number of texts with the feature."""
    frequency = np.zeros(space.size, dtype=np.int64)
    for text in texts:
        frequency[np.unique(columns_of(text, space))] += 1
    return (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float16)


def _joined(parts: list[Array], kind: type) -> Array:
    return np.concatenate(parts or [np.empty(0)]).astype(kind, copy=False)
