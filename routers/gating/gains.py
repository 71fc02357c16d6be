"""What documents are expected to change: P(right) with and without them, for each expert. Numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One query before it is decided who answers it, and with what.

    text: as routers read it. embedding: (d,) under the base retrieval encoder; empty where there is none. experts: by
    the names that the gate's artifact may know. chance, std: (m,) the router's P(right) without documents. knows: (m,)
    what each said of itself when asked whether it knows (1 yes, 0 no, NaN not asked).
    """

    text: str
    embedding: Array
    experts: tuple[str, ...]
    chance: Array
    std: Array
    knows: Array | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage as the gate sees it. similarity: cosine to the query, NaN where only words found it."""

    title: str
    text: str
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """P(right) of each expert without and with these documents, (m,) each, calibrated; std: (m,) of the difference.

    support: the chance that the documents hold the answer. reason: in words.
    """

    without: Array
    documented: Array
    std: Array
    support: float
    reason: str

    @property
    def gain(self) -> Array:
        """(m,), negative where documents are expected to lead astray."""
        difference: Array = self.documented - self.without
        return difference


Hits = Sequence[Hit]
