"""What stands where in a row that a router sees: the embedding, the shape, the chances of the categories.

Both speeds of the encoder write rows of one layout, so a router never knows which of them read the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routers.base import Array, Matrix
from routers.encoders.shape import NAMES

EMBEDDING = 128


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a row, in this order: the embedding, the shape, p(category)."""

    categories: tuple[str, ...]
    embedding: int = EMBEDDING
    shape: int = len(NAMES)

    @property
    def width(self) -> int:
        return self.embedding + self.shape + len(self.categories)

    def rows(self, embeddings: Array, shape: Array, chances: Array) -> Array:
        """(n, width) float32 from (n, embedding), (n, shape) and (n, K)."""
        rows: Array = np.concatenate([embeddings, shape, chances], axis=1, dtype=np.float32)
        return rows

    def blank(self) -> Array:
        """(1, width): a row of a query that says nothing and may belong to any category."""
        uniform = np.full((1, len(self.categories)), 1 / len(self.categories))
        return self.rows(np.zeros((1, self.embedding)), np.zeros((1, self.shape)), uniform)

    def embeddings(self, X: Matrix) -> Array:
        found: Array = X[:, : self.embedding]
        return found

    def chances(self, X: Matrix) -> Array:
        """(n, K), columns as in `categories`."""
        found: Array = X[:, self.width - len(self.categories) :]
        return found

    def truths(self, names: Sequence[str]) -> Array:
        """(n,) the column of each name."""
        return np.array([self.categories.index(name) for name in names], dtype=np.intp)
