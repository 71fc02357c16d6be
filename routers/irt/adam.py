"""Adam with decoupled weight decay and averaged weights (arXiv 1412.6980, 1711.05101). Knows arrays only."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from routers.base import Array

MOMENTUM, SECOND, TINY = 0.9, 0.999, 1e-8


class Adam:
    """Changes `weights` in place; the rate rises for a twentieth of the steps, then falls as a cosine to zero."""

    def __init__(self, weights: Sequence[Array], rate: float, decay: float, steps: int) -> None:
        self.weights = weights
        self._rate, self._decay, self._steps, self._step = rate, decay, steps, 0
        self._first = [np.zeros_like(weight) for weight in weights]
        self._second = [np.zeros_like(weight) for weight in weights]

    def step(self, gradients: Sequence[Array]) -> None:
        """One step; matrices decay, offsets do not."""
        self._step += 1
        rate = self._rate * self._schedule()
        unbias = math.sqrt(1 - SECOND**self._step) / (1 - MOMENTUM**self._step)
        for weight, gradient, first, second in zip(self.weights, gradients, self._first, self._second, strict=True):
            first += (1 - MOMENTUM) * (gradient - first)
            second += (1 - SECOND) * (gradient * gradient - second)
            if weight.ndim > 1:
                weight *= 1 - rate * self._decay
            weight -= rate * unbias * first / (np.sqrt(second) + TINY)

    def _schedule(self) -> float:
        warm = max(1, self._steps // 20)
        return min(1.0, self._step / warm) * 0.5 * (1 + math.cos(math.pi * self._step / max(1, self._steps)))
