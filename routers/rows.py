"""Rows as the dense routers use them. Knows nothing of what a column means."""

from __future__ import annotations

import numpy as np

from routers.base import Array, Matrix


def dense(X: Matrix, width: int | None = None) -> Array:
    """X as float32 (n, d); only its first `width` columns where that is given."""
    part = X[:, :width]
    return np.asarray(part if isinstance(part, np.ndarray) else part.toarray(), dtype=np.float32)


def unit(rows: Array) -> Array:
    """Rows (n, d) of length one, so that products are cosines; a row of zeros stays one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Array = rows / np.maximum(lengths, 1e-12)
    return scaled
