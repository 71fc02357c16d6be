"""What an expert did, skill by skill, as counts of right and wrong answers that one can read and write by hand.

Knows no query, no text, and nothing of how sparse counts are smoothed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from routers.base import Array
from routers.errors import ArtifactError
from routers.skills.rates import count
from routers.skills.tags import Tags


@dataclass(frozen=True, slots=True, eq=False)
class SkillProfile:
    """right, wrong: (S,) answers per skill, weighted by how strongly each question asked for it, so not whole numbers.

    overall: (2,) right and wrong answers in all, every question counted once.
    """

    skills: tuple[str, ...]
    right: Array
    wrong: Array
    overall: Array

    @classmethod
    def counted(cls, skills: Sequence[str], tags: Tags, scores: Array) -> Self:
        """From the tags of n questions and the scores (n,) on them, which have no NaN; half right counts half each."""
        counts = count(tags, scores[:, None], len(skills))
        return cls(tuple(skills), counts.right[0], counts.wrong[0], counts.overall[0])

    def ordered(self, skills: Sequence[str]) -> Self:
        """The same counts in this order; nothing is known of a skill that the profile does not name.

        ValueError for a skill of the profile that is not among these.
        """
        strange = sorted(set(self.skills) - set(skills))
        if strange:
            raise ValueError(f"the profile has skills that the router does not know: {', '.join(strange[:3])}")
        place = {name: s for s, name in enumerate(skills)}
        counts = np.zeros((2, len(skills)))
        counts[:, [place[name] for name in self.skills]] = self.right, self.wrong
        return type(self)(tuple(skills), counts[0], counts[1], self.overall)

    def to_json(self) -> dict[str, Any]:
        """{"overall": [right, wrong], "skills": {name: [right, wrong]}}, skills never asked for left out."""
        cells = zip(self.skills, self.right.tolist(), self.wrong.tolist(), strict=True)
        skills = {name: [round(right, 3), round(wrong, 3)] for name, right, wrong in cells if right + wrong > 0}
        return {"overall": [round(count, 3) for count in self.overall.tolist()], "skills": skills}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """ArtifactError where the row is no profile."""
        try:
            counts = np.array(list(row["skills"].values()), dtype=np.float64).reshape(-1, 2)
            overall = np.array(row["overall"], dtype=np.float64).reshape(2)
            if min(counts.min(initial=0), overall.min()) < 0:
                raise ValueError("a count is below 0")
            return cls(tuple(row["skills"]), counts[:, 0], counts[:, 1], overall)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"a skill profile cannot be read: {error}; write it again") from None
