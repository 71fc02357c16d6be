"""A small network on rows: two hidden layers beside a straight way through, of which columns can be taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Self

import numpy as np

from routers.base import Array, Estimator
from routers.irt.adam import Adam

Slope = Callable[[Array, Array], Array]
"""(outputs of a batch (b, o), its rows' numbers) -> the gradient of the loss by them."""


class Network(Estimator):
    """Z = B·tanh(tanh(x·W₁ + b₁)·W₂ + b₂) + x·V + c. The first columns of x are scaled to their spread, `general` many.

    decay: of every matrix, so that nothing learned is nothing said.
    """

    weights_: tuple[Array, ...]
    """W₁ (d, h), b₁, W₂ (h, h), b₂, B (h, o), V (d, o), c."""
    center_: Array
    spread_: Array

    def __init__(
        self, general: int, outputs: int = 1, hidden: int = 24, rate: float = 5e-3, decay: float = 0.1, seed: int = 0
    ) -> None:
        self.general = general
        self.outputs = outputs
        self.hidden = hidden
        self.rate = rate
        self.decay = decay
        self.seed = seed

    def start(self, X: Array) -> Self:
        """Weights to begin with, for rows such as these."""
        chance = np.random.default_rng(self.seed)
        width, h, general = X.shape[1], self.hidden, self.general
        first = chance.normal(size=(width, h)) * 0.7 / np.sqrt(general)
        first[general:] *= 0.3
        second = chance.normal(size=(h, h)) / np.sqrt(h)
        last = chance.normal(size=(h, self.outputs)) * 0.05
        straight = np.zeros((width, self.outputs))
        self.weights_ = (first, np.zeros(h), second, np.zeros(h), last, straight, np.zeros(self.outputs))
        self.center_, self.spread_ = X[:, :general].mean(axis=0), X[:, :general].std(axis=0) + 1e-6
        return self

    def learn(self, X: Array, batches: Iterator[Array], optimizer: Adam, slope: Slope) -> None:
        """One pass: `batches` are the numbers of their rows."""
        X = self._scaled(X)
        for rows in batches:
            x = X[rows]
            z, first, second = self._forward(x)
            optimizer.step(self._backward(x, first, second, slope(z, rows)))

    def predict(self, X: Array) -> Array:
        """(n, o)"""
        return self._forward(self._scaled(X))[0]

    def keeping(self, columns: Array) -> Self:
        """The network for rows that have these columns alone, in this order; -1 is one that says nothing.

        The general columns come first and stay.
        """
        first, b1, second, b2, last, straight, c = self.weights_
        kept = type(self)(**self.get_params())
        said = (columns >= 0)[:, None]
        kept.weights_ = (first[columns] * said, b1, second, b2, last, straight[columns] * said, c)
        kept.center_, kept.spread_ = self.center_, self.spread_
        return kept

    def times(self, factor: float) -> Self:
        """The network with its outputs multiplied, in place."""
        *_, last, straight, c = self.weights_
        for weights in (last, straight, c):
            weights *= factor
        return self

    def _scaled(self, X: Array) -> Array:
        X = X.copy()
        X[:, : self.general] -= self.center_
        X[:, : self.general] /= self.spread_
        return X

    def _forward(self, x: Array) -> tuple[Array, Array, Array]:
        w1, b1, w2, b2, last, straight, c = self.weights_
        first = np.tanh(x @ w1 + b1)
        second = np.tanh(first @ w2 + b2)
        return second @ last + x @ straight + c, first, second

    def _backward(self, x: Array, first: Array, second: Array, slope: Array) -> tuple[Array, ...]:
        _, _, w2, _, last, _, _ = self.weights_
        upper = (slope @ last.T) * (1 - second * second)
        lower = (upper @ w2.T) * (1 - first * first)
        return (
            x.T @ lower,
            lower.sum(axis=0),
            first.T @ upper,
            upper.sum(axis=0),
            second.T @ slope,
            x.T @ slope,
            slope.sum(axis=0),
        )


def average(networks: Sequence[Network], X: Array) -> Array:
    """(n, o) the mean of what several networks say."""
    total: Array = networks[0].predict(X)
    for network in networks[1:]:
        total = total + network.predict(X)
    return total / len(networks)
