"""The query side of item response theory: rows to discriminations alpha (n, d) and difficulties beta (n,).

A head knows rows and how its outputs follow from its weights; it knows no expert, no outcome and no optimiser.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from routers.base import Array, Estimator

Weights = Sequence[Array]


class Head(Estimator, ABC):
    """A differentiable map from rows (n, D) to outputs (n, d + 1): alpha, and beta in the last column."""

    dimensions: int
    weights_: tuple[Array, ...]

    def __call__(self, X: Array) -> tuple[Array, Array]:
        """alpha (n, d) and beta (n,)."""
        out, _ = self.forward(self.weights_, X)
        return out[:, :-1], out[:, -1]

    @abstractmethod
    def start(self, width: int, chance: np.random.Generator) -> list[Array]:
        """Weights to begin with, for rows of `width` columns with mean 0 and variance 1."""

    @abstractmethod
    def forward(self, weights: Weights, X: Array) -> tuple[Array, Any]:
        """The outputs (n, d + 1), and what `backward` will want to know."""

    @abstractmethod
    def backward(self, weights: Weights, trace: Any, gradient: Array) -> list[Array]:
        """The gradient by each weight, from the gradient by the outputs (n, d + 1)."""


class LinearHead(Head):
    """MIRT (arXiv 2506.01048): alpha = softplus(W x + w), beta = b'x + b; `monotone=False` leaves out the softplus.

    With alpha >= 0 more ability never means a smaller chance, on any query.
    """

    def __init__(self, dimensions: int = 8, monotone: bool = True) -> None:
        self.dimensions = dimensions
        self.monotone = monotone

    def start(self, width: int, chance: np.random.Generator) -> list[Array]:
        matrix = 0.3 / np.sqrt(width) * chance.standard_normal((width, self.dimensions + 1))
        return [matrix.astype(np.float32), first_offset(self.dimensions)]

    def forward(self, weights: Weights, X: Array) -> tuple[Array, Any]:
        raw = X @ weights[0] + weights[1]
        if not self.monotone:
            return raw, (X, None)
        out = raw.copy()
        out[:, :-1] = np.logaddexp(raw[:, :-1], np.float32(0))
        return out, (X, raw)

    def backward(self, weights: Weights, trace: Any, gradient: Array) -> list[Array]:
        X, raw = trace
        if raw is not None:
            gradient = gradient.copy()
            gradient[:, :-1] *= 1 / (1 + np.exp(-raw[:, :-1]))
        return [X.T @ gradient, gradient.sum(axis=0)]


def first_offset(dimensions: int) -> Array:
    """Every query discriminates a little along every dimension; no query is harder than another."""
    return np.append(np.full(dimensions, 0.5), 0.0).astype(np.float32)
