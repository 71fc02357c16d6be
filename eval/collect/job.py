"""What a collection was told to do, and what it works with. Does nothing itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from eval.collect.asking import Manner
from eval.collect.choosing import AUTO
from eval.collect.graders.fuzzy import THRESHOLD


@dataclass(frozen=True, slots=True)
class Marking:
    """How answers are graded. judge: an expert's name, "" for none. against: whose answers others are compared with.

    threshold: of fuzzy texts. itself: the judge judges its own answers too.
    """

    grader: str = AUTO
    judge: str = ""
    against: str = ""
    threshold: float = THRESHOLD
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """experts: None for all that can be asked. limit: as many questions, from the first on."""

    questions: Path
    out: Path
    experts: tuple[str, ...] | None = None
    limit: int | None = None
    manner: Manner = Manner()
    marking: Marking = Marking()
    most_usd: float = math.inf

    @property
    def kept(self) -> Path:
        """Where the answers are kept, word for word."""
        return self.out.with_name(f"{self.out.name}.answers.jsonl")

    @property
    def lock(self) -> Path:
        """One collection at a time writes it."""
        return self.out.with_name(f".{self.out.name}.lock")
