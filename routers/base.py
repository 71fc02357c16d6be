"""The seam of every router: rows are queries, columns experts, cells quality in [0, 1].

Keeps scikit-learn's conventions (`sklearn.base.clone` works) without importing it, which would cost every server
70 MB and seconds at start. Knows no text, price or network; what a row holds is between an encoder and its router.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Matrix = Any
"""What an encoder returns: a 2-D ndarray or a scipy CSR matrix, one row per text (scipy is untyped)."""


class Encoder(Protocol):
    """Text to rows, batch first. `inline`: a short text costs under 0.3 ms, so an event loop may run it itself."""

    @property
    def name(self) -> str: ...

    @property
    def inline(self) -> bool: ...

    def encode(self, texts: Sequence[str]) -> Matrix: ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a router says of n queries and m experts (columns as in `experts_`).

    mean, std: (n, m), expected quality in [0, 1] and how unsure that expectation is.
    confidence: (n,), the calibrated probability that the router reads the query right.
    labels, reasons: per row, the category ("" where the router has none) and one short sentence in words.
    """

    mean: Array
    std: Array
    confidence: Array
    labels: tuple[str, ...]
    reasons: tuple[str, ...]


class Estimator:
    """Hyperparameters as scikit-learn has them: what `__init__` takes, stored under the same names."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        known = self.get_params()
        for name, setting in params.items():
            if name not in known:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(known)}")
            setattr(self, name, setting)
        return self


class Router(Estimator, ABC):
    """A multi-output regressor. `__init__` only stores; what is learned ends in an underscore."""

    experts_: tuple[str, ...]

    def fit(self, X: Matrix, Y: Array, experts: Sequence[str]) -> Self:
        """Learn from X (n, d) and Y (n, m). A NaN cell was not measured: it is missing, never a zero."""
        Y = np.asarray(Y, dtype=np.float64)
        check_outcomes(X, Y, experts)
        self.experts_ = tuple(experts)
        self._fit(X, Y)
        return self

    @abstractmethod
    def _fit(self, X: Matrix, Y: Array) -> None: ...

    @abstractmethod
    def predict(self, X: Matrix) -> Prediction: ...


def check_outcomes(X: Matrix, Y: Array, experts: Sequence[str]) -> None:
    """ValueError, with the offending numbers, unless X, Y and the experts belong together."""
    if Y.ndim != 2 or Y.shape != (X.shape[0], len(experts)):
        raise ValueError(f"Y has shape {Y.shape}; {X.shape[0]} queries and {len(experts)} experts were given")
    if len(set(experts)) != len(experts):
        raise ValueError(f"an expert is named twice: {', '.join(experts)}")
    measured = ~np.isnan(Y)
    unseen = [expert for m, expert in enumerate(experts) if not measured[:, m].any()]
    if unseen:
        raise ValueError(f"no outcome at all for {', '.join(unseen)}")
    lowest, highest = Y[measured].min(), Y[measured].max()
    if lowest < 0 or highest > 1:
        raise ValueError(f"quality must lie in [0, 1], found {lowest:g} to {highest:g}")
