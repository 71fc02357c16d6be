"""Rows centred, scaled and turned so that their columns are uncorrelated. Knows nothing of what a column means."""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Estimator, Matrix
from routers.rows import dense

CONSTANT = 1e-6
"""A column that varies less says nothing."""
FAR = 5.0


class Standard(Estimator):
    """Affine maps learned from rows; only orthogonal turns follow the scaling, so a penalty on weights stays itself.

    Between the two a value is cut at FAR widths: what hardly varied in training (the chance of a category that no
    question had) says nothing about a query where it is large, and must not drown the rest.
    """

    centre_: Array
    scale_: Array
    """(d,)"""
    turn_: Array
    """(d, d): rotation onto the principal axes."""

    def __init__(self, width: int | None = None) -> None:
        self.width = width

    def fit(self, X: Matrix) -> Self:
        rows = dense(X, self.width).astype(np.float64)
        self.centre_ = rows.mean(axis=0)
        spread = rows.std(axis=0)
        self.scale_ = np.where(spread > CONSTANT, 1 / np.maximum(spread, CONSTANT), 0)
        scaled = self._scaled(rows)
        self.turn_ = np.ascontiguousarray(np.linalg.eigh(scaled.T @ scaled)[1][:, ::-1])
        return self

    def _scaled(self, rows: Array) -> Array:
        scaled: Array = np.clip((rows - self.centre_) * self.scale_, -FAR, FAR)
        return scaled

    def transform(self, X: Matrix) -> Array:
        turned: Array = self._scaled(dense(X, self.width)) @ self.turn_
        return turned
