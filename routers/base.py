"""The seam of every router: rows are queries, columns experts, cells quality in [0, 1].

Keeps scikit-learn's conventions (`clone`, `GridSearchCV` work) without importing it, which would cost every server
70 MB and seconds at start. Knows no text, price or network; what a row holds is between an encoder and its router.
"""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

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
    skills: per row, what the query asks for in words; empty where the router knows no skills.
    """

    mean: Array
    std: Array
    confidence: Array
    labels: tuple[str, ...]
    reasons: tuple[str, ...]
    skills: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def plain(cls, mean: Array, std: Array, reason: str, confidence: Array | None = None) -> Self:
        """The prediction of a router that has no categories; sure of itself unless `confidence` (n,) says otherwise."""
        n = len(mean)
        return cls(mean, std, np.ones(n) if confidence is None else confidence, ("",) * n, (reason,) * n)


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

    def __sklearn_tags__(self) -> Any:
        """What GridSearchCV asks before it begins."""
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=True))


class Router(Estimator, ABC):
    """A multi-output regressor. `__init__` only stores; what is learned ends in an underscore.

    Learned attributes are arrays, numbers, strings, tuples of strings, or estimators, so that `routers.state` can write
    any router down without knowing it.
    """

    columns: ClassVar[Mapping[str, int]] = {}
    """The learned arrays that have one entry per expert, and on which axis."""

    experts_: tuple[str, ...]

    def fit(self, X: Matrix, Y: Array, experts: Sequence[str] | None = None) -> Self:
        """Learn from X (n, d) and Y (n, m). A NaN cell was not measured: it is missing, never a zero."""
        Y = np.asarray(Y, dtype=np.float64)
        names = tuple(experts) if experts is not None else numbered(Y)
        check_outcomes(X, Y, names)
        self.experts_ = names
        self._fit(X, Y)
        return self

    def add(self, expert: str, X: Matrix, y: Array) -> Self:
        """A router with one expert more, or with this one measured anew, from X (n, d) and its scores y (n,).

        Nothing else is fitted again: what was learned of the others stays as it is, bit for bit.
        """
        y = np.asarray(y, dtype=np.float64)
        check_outcomes(X, y[:, None], (expert,))
        others = self.select([name for name in self.experts_ if name != expert])
        seen = ~np.isnan(y)
        added = others._added(X[seen], y[seen])
        added.experts_ = (*others.experts_, expert)
        return added

    def select(self, experts: Mapping[str, str] | Sequence[str]) -> Self:
        """A router over some of its experts, in this order; a mapping is the new name of each -> the known one."""
        wanted = dict(experts) if isinstance(experts, Mapping) else {name: name for name in experts}
        unknown = sorted(set(wanted.values()) - set(self.experts_))
        if unknown:
            raise ValueError(f"{type(self).__name__} was not fitted on {', '.join(unknown)}")
        places = np.array([self.experts_.index(known) for known in wanted.values()], dtype=np.intp)
        chosen = copy.copy(self)
        chosen.experts_ = tuple(wanted)
        for name, axis in self.columns.items():
            setattr(chosen, name, np.take(getattr(self, name), places, axis=axis))
        return chosen

    def score(self, X: Matrix, Y: Array) -> float:
        """Minus the mean squared error over what was measured (the Brier score): greater is better."""
        Y = np.asarray(Y, dtype=np.float64)
        return -float(np.nanmean((self.predict(X).mean - Y) ** 2))

    @abstractmethod
    def _fit(self, X: Matrix, Y: Array) -> None: ...

    @abstractmethod
    def _added(self, X: Matrix, y: Array) -> Self:
        """A copy with one more entry, the last, in each of `columns`; X (n, d) and y (n,) have no NaN."""

    @abstractmethod
    def predict(self, X: Matrix) -> Prediction: ...


def numbered(Y: Array) -> tuple[str, ...]:
    """Names for experts that nobody named, as GridSearchCV calls `fit`."""
    return tuple(f"expert {m}" for m in range(Y.shape[1] if Y.ndim == 2 else 0))


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
