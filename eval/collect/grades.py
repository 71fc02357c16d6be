"""What a grader says of an answer, and what a grader is. Grades nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to one question. gold: "" where it is not known. extra: its further columns (tests, ...)."""

    query_id: str
    text: str
    choices: tuple[str, ...]
    gold: str
    answer_type: str
    expert: str
    reply: str
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grade:
    """score: in [0, 1], None where the answer could not be judged. pred: what was taken for the answer, None where
    nothing was. why: in words, where there is no score. cost_usd: of the judging."""

    score: float | None
    pred: str | None = None
    why: str = ""
    cost_usd: float = 0.0


class Grader(Protocol):
    """Judges answers; `name` goes into the table."""

    @property
    def name(self) -> str: ...

    async def grade(self, answered: Answered) -> Grade: ...
