"""Evidence on many questions at once: what the parts of a fuser compute with. Knows no expert's name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from routers.base import Array
from routers.fusion.evidence import NOT_ASKED, NOTHING, NOWHERE, Evidence

SURE = 0.01
"""No chance is taken at its word beyond this."""
OPEN = 1000
"""As many wrong answers an open question is held to have."""


@dataclass(frozen=True, eq=False)
class Cases:
    """chance: (n, m), NaN where an expert may not be asked. said: (n, m) codes; here they may have gaps.

    places: (n, K) where the answer of each code stands among the options, or NOWHERE. options: (n,), OPEN for open.
    """

    chance: Array
    said: Array
    places: Array
    options: Array

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """One case."""
        places = np.full((1, evidence.answers), NOWHERE)
        places[0, : len(evidence.places)] = evidence.places[: evidence.answers]
        options = np.array([max(evidence.options or OPEN, 2)])
        return cls(evidence.chance[None], evidence.said[None], places, options)

    @cached_property
    def able(self) -> Array:
        """(n, m) bool: who may be asked, or was."""
        found: Array = ~np.isnan(self.chance) | self.asked
        return found

    @cached_property
    def asked(self) -> Array:
        """(n, m) bool"""
        found: Array = self.said != NOT_ASKED
        return found

    @cached_property
    def voiced(self) -> Array:
        """(n, m) bool: who gave a usable answer."""
        found: Array = self.said > NOTHING
        return found

    @cached_property
    def logits(self) -> Array:
        """(n, m) log odds of the chances; 0 where there is none."""
        chance = np.clip(np.where(np.isnan(self.chance), 0.5, self.chance), SURE, 1 - SURE)
        found: Array = np.log(chance / (1 - chance))
        return found

    @property
    def votes(self) -> Array:
        """(n, K) how many gave each answer."""
        return np.asarray((self.said[:, :, None] == np.arange(self.places.shape[1])).sum(axis=1))

    def rows(self, which: Array) -> Self:
        """Some of the cases."""
        return type(self)(self.chance[which], self.said[which], self.places[which], self.options[which])

    def hearing(self, said: Array, asked: Array) -> Self:
        """The same questions when only those (n, m) who are `asked` have said what they say in `said`."""
        return replace(self, said=np.where(asked, said, NOT_ASKED))
