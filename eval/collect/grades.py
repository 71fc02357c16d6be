"""What a grader says of an answer, and what a grader is. Grades nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from routers.corpus import spelled_out


@dataclass(frozen=True, slots=True)
class Posed:
    """A question. gold: "" where it is not known. group: which questions are the same one. extra: further columns.

    experts: who is to be asked; empty where everybody is.
    """

    query_id: str
    text: str
    choices: tuple[str, ...]
    gold: str
    answer_type: str
    group: str
    source: str
    split: str
    extra: Mapping[str, Any]
    experts: tuple[str, ...] = ()

    def is_for(self, expert: str) -> bool:
        """Whether this expert is to be asked."""
        return not self.experts or expert in self.experts

    @property
    def spelled_out(self) -> str:
        """With its options, as it is asked."""
        return spelled_out(self.text, self.choices)


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to one question, without thoughts. sample: which of several of the same expert, from 0 on."""

    posed: Posed
    expert: str
    reply: str
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Grade:
    """score: in [0, 1], None where the answer could not be judged. pred: what was taken for the answer, None where
    nothing was. why: in words, where there is no score or it is no plain one. cost_usd: of the judging."""

    score: float | None
    pred: str | None = None
    why: str = ""
    cost_usd: float = 0.0


class Grader(Protocol):
    """Judges answers. name: goes into the table. instruction: how to answer, which is put below the question.

    at_once: so many answers are judged at a time.
    """

    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int: ...

    def instruction(self, posed: Posed) -> str: ...

    def lacks(self, posed: Posed) -> str:
        """Why it cannot judge answers to this question; "" where it can."""

    async def grade(self, answered: Answered) -> Grade: ...
