"""The bundled encoder: hashed words, pairs and pieces, weighed by how rare they are. No model, no download.

Knows no category and no expert. A short text takes well under 0.2 ms, so it may run on an event loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, vstack

from routers.base import Array
from routers.encoders.hashing import Space, features_of

BLOCK = 512
"""Texts that go through numpy at once."""


class StaticEncoder:
    """`rarity`: (space.size,) inverse document frequencies, as `rarities` counts them on training texts."""

    name = "static"
    inline = True

    def __init__(self, space: Space, rarity: Array) -> None:
        self.space = space
        self.rarity = rarity

    def encode(self, texts: Sequence[str]) -> csr_matrix:
        """CSR (n, space.size), float32, rows of length one; a text without any feature is a row of zeros."""
        blocks = [self._encode(texts[start : start + BLOCK]) for start in range(0, max(1, len(texts)), BLOCK)]
        return blocks[0] if len(blocks) == 1 else vstack(blocks, format="csr")

    def _encode(self, texts: Sequence[str]) -> csr_matrix:
        """Sublinear term frequency times rarity, every row scaled to length one."""
        rows, columns, counts = _counted(*features_of(texts, self.space), self.space.size)
        weights = (1 + np.log(counts, dtype=np.float32)) * self.rarity[columns].astype(np.float32)
        lengths = np.sqrt(np.bincount(rows, weights * weights, minlength=len(texts)))
        weights /= np.maximum(lengths, 1e-12).astype(np.float32)[rows]
        ends = np.searchsorted(rows, np.arange(len(texts) + 1)).astype(np.int32)
        return csr_matrix((weights, columns.astype(np.int32), ends), shape=(len(texts), self.space.size), copy=False)


def _counted(rows: Array, columns: Array, size: int) -> tuple[Array, Array, Array]:
    """Each (row, column) once, in order, and how often it stood there.

    By hand, for np.unique takes three times as long on short texts.
    """
    places = rows * size + columns
    places.sort()
    borders = np.empty(len(places) + 1, dtype=bool)
    borders[0] = borders[-1] = True
    np.not_equal(places[1:], places[:-1], out=borders[1:-1])
    starts = np.flatnonzero(borders)[: None if len(places) else 1]
    kept = places[starts[:-1]]
    return kept // size, kept % size, starts[1:] - starts[:-1]


def rarities(texts: Sequence[str], space: Space) -> Array:
    """(space.size,) float16: log((1 + n) / (1 + df)) + 1, df being the number of texts with the feature."""
    frequency = np.zeros(space.size, dtype=np.int64)
    for start in range(0, len(texts), BLOCK):
        _, columns, _ = _counted(*features_of(texts[start : start + BLOCK], space), space.size)
        frequency += np.bincount(columns, minlength=space.size)
    return (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float16)
