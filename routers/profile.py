"""What a test has shown of one expert, as a file: its abilities, its place among all experts, and how sure that is.

Knows no question's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from routers.abilities import Ability, Rate, ability_from_json
from routers.bank import Bank
from routers.irt.posterior import Posterior
from routers.onboarding import Onboarding


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """asked: how many answers it rests on. random_would_have_needed: to be as sure of the mean accuracy, had the
    questions been drawn at random. artifact: the version whose queries and abilities `irt` belongs to."""

    name: str
    ability: Ability
    irt: Posterior
    asked: int
    mean_accuracy: Rate
    random_would_have_needed: int
    artifact: str

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "origin": self.ability.origin,
            "ability": asdict(self.ability),
            "irt": self.irt.to_json(),
            "asked": self.asked,
            "mean_accuracy": asdict(self.mean_accuracy),
            "random_would_have_needed": self.random_would_have_needed,
            "artifact": self.artifact,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            name=row["name"],
            ability=ability_from_json(row["ability"]),
            irt=Posterior.from_json(row["irt"]),
            asked=row["asked"],
            mean_accuracy=Rate(**row["mean_accuracy"]),
            random_would_have_needed=row["random_would_have_needed"],
            artifact=row["artifact"],
        )


def profile(name: str, bank: Bank, test: Onboarding) -> Profile:
    """What the test has shown so far."""
    mean = _rounded(test.mean_accuracy())
    return Profile(
        name=name,
        ability=Ability(
            mean, _by_category(bank, test), f"{test.asked} of {len(bank.items)} questions, chosen one by one"
        ),
        irt=test.ability,
        asked=test.asked,
        mean_accuracy=mean,
        random_would_have_needed=test.random_would_have_needed(),
        artifact=bank.version,
    )


def _by_category(bank: Bank, test: Onboarding) -> dict[str, Rate]:
    categories = np.array([question.category for question in bank.questions])
    named = sorted({*categories.tolist()} - {""})
    return {name: _rounded(test.mean_accuracy(np.flatnonzero(categories == name))) for name in named}


def _rounded(rate: Rate) -> Rate:
    return Rate(round(rate.mean, 4), round(rate.error, 4))
