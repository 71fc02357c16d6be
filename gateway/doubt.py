"""When an answer is too doubtful to be given under a policy, and what is done then. Knows no query and no expert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

from gateway.knowledge import Abstain
from routers.selective import Curve, plain

FUSER = "fuser"
"""What says how sure an answer is that several were compared for."""
Then = Literal["say", "escalate", "state"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """first: the least chance of a right answer of whoever is asked first. verdict: the least confidence in an answer
    that several were compared for. then: what is done below that. to: whom `escalate` asks; "" nobody.
    """

    first: float
    verdict: float
    then: Then
    to: str = ""

    @classmethod
    def of(cls, abstain: Abstain, router: str, curves: Mapping[str, Curve]) -> Self:
        """By what this router and the fuser have shown; where there is no curve, each answer keeps the bound itself."""
        first, verdict = (
            curves[name].at(abstain.wrong) if name in curves else plain(abstain.wrong) for name in (router, FUSER)
        )
        return cls(first, verdict, abstain.then, abstain.to or "")

    def for_whole(self) -> Self:
        """Where a tool call or a structure is expected, no words can take its place."""
        return replace(self, then="state") if self.then == "say" else self

    @property
    def holds_back(self) -> bool:
        """Something else may take an answer's place, so that it must not be heard before it has been judged."""
        return self.then != "state"
