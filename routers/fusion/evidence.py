"""What several experts said of one question, in codes, and what is to be believed then. Knows no text and no expert."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from routers.base import Array

NOT_ASKED = -2
NOTHING = -1
"""Asked, and no usable answer came: a refusal, a failure, or a reply that names none."""
NOWHERE = -1
"""The place of an answer that is no option."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Columns are the experts of the view that is asked.

    chance: (m,) calibrated chance that each answers this query right; NaN for one that may not be asked.
    std: (m,) how unsure that is. said: (m,) int, NOT_ASKED, NOTHING, or the code 0…k-1 of what was answered; codes
    are numbered without gaps, and equal answers have the same one. options: among how many the answer is, None where
    it is open (a number, a short text). places: (k,) where each answer stands among the options, from 0, or NOWHERE;
    it may be shorter than k.
    """

    chance: Array
    std: Array
    said: Array
    options: int | None = None
    places: tuple[int, ...] = ()

    @classmethod
    def blank(cls, chance: Array, std: Array, options: int | None = None) -> Self:
        """Before anybody was asked."""
        return cls(chance, std, np.full(len(chance), NOT_ASKED), options)

    def heard(self, expert: int, code: int, place: int = NOWHERE) -> Self:
        """With what the expert in this column said: NOTHING, the code of a known answer, or the next free one.

        place: where that answer stands among the options. Models favour the first ones, so it tells something.
        """
        said = self.said.copy()
        said[expert] = code
        places = self.places
        if code >= len(places):
            places = (*places, *(NOWHERE,) * (code - len(places)), place)
        return replace(self, said=said, places=places)

    @property
    def answers(self) -> int:
        """How many different answers there are."""
        return int(self.said.max(initial=NOTHING)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """answers: (k,) the chance of each answer given so far to be the right one; unseen: that none of them is."""

    answers: Array
    unseen: float
    best: int | None = field(init=False)
    """The code of the answer to give, None where there is none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "best", int(self.answers.argmax()) if len(self.answers) else None)

    @property
    def top(self) -> float:
        """The chance that the answer to give is right; 0 without one."""
        return float(self.answers[self.best]) if self.best is not None else 0.0
