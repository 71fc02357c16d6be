"""Texts read and routers asked, so many at a time: what one evaluation does as another. Knows no question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from eval.watching import Watch, unwatched
from routers.base import Array, Matrix, Router

PREDICTED = 2048
ENCODED = 256
"""As many are lost where a command is interrupted."""


class Encodes(Protocol):
    """Anything that makes rows of texts."""

    def encode(self, texts: Sequence[str]) -> Matrix: ...


def encoded(texts: Sequence[str], suite: Encodes, watch: Watch = unwatched) -> Matrix:
    """The rows of all texts, in memory at once; they are encoded batch by batch."""
    parts = []
    for batch in _batches(len(texts), ENCODED):
        watch(f"encoding {len(texts)} questions", batch.start / len(texts))
        parts.append(suite.encode(texts[batch]))
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    from scipy.sparse import vstack

    return vstack(parts, format="csr")


def foreseen(router: Router, X: Matrix) -> Array:
    """(n, m) expected quality, a batch at a time: some routers hold every distance of a batch."""
    return np.concatenate([router.predict(X[batch]).mean for batch in _batches(X.shape[0], PREDICTED)])


def _batches(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]
