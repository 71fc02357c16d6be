"""Rows centred, scaled and turned so that their columns are uncorrelated. Knows nothing of what a column means."""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Estimator, Matrix
from routers.rows import dense

CONSTANT = 1e-6
"""A column that varies less says nothing."""


class Standard(Estimator):
    """Affine maps learned from rows; only orthogonal turns follow the scaling, so a penalty on weights stays itself."""

    centre_: Array
    """(d,)"""
    turn_: Array
    """(d, d): scaling, then rotation onto the principal axes."""

    def __init__(self, width: int | None = None) -> None:
        self.width = width

    def fit(self, X: Matrix) -> Self:
        rows = dense(X, self.width).astype(np.float64)
        self.centre_ = rows.mean(axis=0)
        spread = rows.std(axis=0)
        scale = np.where(spread > CONSTANT, 1 / np.maximum(spread, CONSTANT), 0)
        scaled = (rows - self.centre_) * scale
        self.turn_ = scale[:, None] * np.linalg.eigh(scaled.T @ scaled)[1][:, ::-1]
        return self

    def transform(self, X: Matrix) -> Array:
        turned: Array = (dense(X, self.width) - self.centre_) @ self.turn_
        return turned
