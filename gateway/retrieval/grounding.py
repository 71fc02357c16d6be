"""What documents bring to one decision. Knows no store and no prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.retrieval.passages import Passage
from routers.base import Array
from routers.gating.gains import Gains


@dataclass(frozen=True, slots=True, eq=False)
class Grounding:
    """What was found in documents for a query, and whom it helps.

    passages: the best first, no more than are worth their tokens; empty where nothing was searched or found. experts:
    those who are given them. without, documented: (m,) P(right) of each, in the order of the estimates, which hold the
    better arm of each expert. hurdles: (m,) what documents must add to it to be worth their price. reason: in words.
    seconds: the search. ask_itself: where it is a close thing, an expert is asked first whether it knows. reweigh: what
    the documents are expected to change once experts have said (m,) whether they know (1, 0, NaN not asked). among: the
    collections that policy and caller allow to be searched; None where they allow all that the tenant may see.
    """

    passages: tuple[Passage, ...]
    experts: frozenset[str]
    without: Array
    documented: Array
    hurdles: Array
    reason: str
    seconds: float = 0.0
    ask_itself: bool = False
    reweigh: Callable[[Array], Gains] | None = None
    among: Sequence[str] | None = None

    def added(self, experts: Sequence[str]) -> Array:
        """(m,) what documents add to P(right) of each, who must be in the order of the estimates."""
        given = np.array([expert in self.experts for expert in experts])
        return np.where(given, self.documented - self.without, 0.0)
