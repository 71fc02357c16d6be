"""IrtNet's query side (arXiv 2510.00844): a dense mixture of small networks beside a shared one.

Knows no expert: the experts of this mixture are parts of one network, and are called members here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routers.base import Array
from routers.irt.head import Head, Weights, first_offset

FAINTEST = np.float32(-20)
"""A smaller share of the mixture changes nothing, but its square is a number that processors are slow with."""


class MixtureHead(Head):
    """out = Shared(x) + sum_i softmax(G x + g)_i E_i(x), where E_i is Linear-ReLU-Linear and so is Shared, plus a line.

    All members are one matrix, so that the mixture costs two products. The paper's 39 members of 512 are for 768
    columns and 30,000 queries; these are far fewer.
    """

    def __init__(self, dimensions: int = 8, members: int = 6, hidden: int = 32) -> None:
        self.dimensions = dimensions
        self.members = members
        self.hidden = hidden

    def start(self, width: int, chance: np.random.Generator) -> list[Array]:
        units, outputs = (self.members + 1) * self.hidden, self.dimensions + 1

        def drawn(rows: int, columns: int, scale: float) -> Array:
            weights: Array = scale / np.sqrt(rows) * chance.standard_normal((rows, columns))
            return weights.astype(np.float32)

        return [
            drawn(width, units, 1.0),
            np.zeros(units, dtype=np.float32),
            drawn(units, outputs, 0.3),
            drawn(width, self.members, 0.3),
            np.zeros(self.members, dtype=np.float32),
            drawn(width, outputs, 0.3),
            first_offset(self.dimensions),
        ]

    def forward(self, weights: Weights, X: Array) -> tuple[Array, Any]:
        into, into_offset, outof, gate, gate_offset, line, offset = weights
        lit = np.maximum(X @ into + into_offset, 0)
        shares = self._shares(X @ gate + gate_offset)
        weighted = lit * np.repeat(shares, self.hidden, axis=1)
        return weighted @ outof + X @ line + offset, (X, lit, shares, weighted)

    def _shares(self, logits: Array) -> Array:
        """(n, members + 1): each member's softmax share, and 1 for the shared network, which comes last."""
        powers = np.exp(np.maximum(logits - logits.max(axis=1, keepdims=True), FAINTEST))
        shares = np.ones((len(logits), self.members + 1), dtype=logits.dtype)
        shares[:, :-1] = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def backward(self, weights: Weights, trace: Any, gradient: Array) -> list[Array]:
        X, lit, shares, weighted = trace
        by_weighted = gradient @ weights[2].T
        by_shares = (by_weighted * lit).reshape(len(X), -1, self.hidden).sum(axis=2)[:, :-1]
        soft = shares[:, :-1]
        by_logits = soft * (by_shares - (soft * by_shares).sum(axis=1, keepdims=True))
        by_lit = by_weighted * np.repeat(shares, self.hidden, axis=1) * (lit > 0)
        return [
            X.T @ by_lit,
            by_lit.sum(axis=0),
            weighted.T @ gradient,
            X.T @ by_logits,
            by_logits.sum(axis=0),
            X.T @ gradient,
            gradient.sum(axis=0),
        ]
