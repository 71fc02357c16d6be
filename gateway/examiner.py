"""Putting an expert to the test: who answers the chosen questions, and when to stop. Knows no design of tests."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import GatewayError
from gateway.pipeline import Pipeline
from gateway.types import Query
from gateway.wire.exchange import new_decision_id
from routers.bank import Question
from routers.base import Array
from routers.grading import grade
from routers.onboarding import Onboarding

IN_A_ROW = 3
"""So many calls that fail one after the other, and the expert is not asked on."""
INSTRUCTIONS = {
    "mcq": 'Think step by step, then end with "The answer is (X)", where X is the letter of the right option.',
    "numeric": 'Think step by step, then end with "The answer is N", where N is the number.',
    "short_text": "Answer in a few words, and with the answer alone.",
}


class Sitter(Protocol):
    """Answers questions of the bank, several at a time."""

    @property
    def at_once(self) -> int: ...

    async def scores(self, rows: Sequence[int]) -> list[float]:
        """The score of each; NaN where the call failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """An expert whose scores (n,) stand in a table."""

    outcomes: Array
    at_once: int = 1

    async def scores(self, rows: Sequence[int]) -> list[float]:
        return [float(self.outcomes[row]) for row in rows]


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """An expert of the pool, asked by its name through the gateway's own pipeline."""

    expert: str
    questions: Sequence[Question]
    pipeline: Pipeline
    at_once: int = 4

    async def scores(self, rows: Sequence[int]) -> list[float]:
        return list(await asyncio.gather(*(self._score(row) for row in rows)))

    async def _score(self, row: int) -> float:
        question = self.questions[row]
        asked = f"{question.spelled_out}\n\n{INSTRUCTIONS[question.answer_type]}"
        body = {"model": self.expert, "messages": [{"role": "user", "content": asked}], "temperature": 0}
        try:
            answer = await self.pipeline.answer(Query(new_decision_id(), self.expert, body))
        except GatewayError:
            return math.nan
        reply = answer.served.reply if answer.served else None
        return math.nan if reply is None else _graded(question, reply.text)


def _graded(question: Question, reply: str) -> float:
    return grade(reply, question.gold, question.answer_type, question.choices)


@dataclass(frozen=True, slots=True)
class Terms:
    """When to stop: after so many questions, or once the standard error of the mean accuracy is so small."""

    budget: int
    target_se: float


async def examine(test: Onboarding, sitter: Sitter, terms: Terms, progress: Callable[[Onboarding], None]) -> str:
    """Ask until it is enough, and say in words why it was; a test that is interrupted keeps what was learned."""
    put, failures = 0, 0
    try:
        while put < terms.budget and test.mean_accuracy().error > terms.target_se:
            rows = test.choose(min(sitter.at_once, terms.budget - put)).tolist()
            if not rows:
                return "the bank has no more questions"
            scores = await sitter.scores(rows)
            put += len(rows)
            test.learn(rows, scores)
            for score in scores:
                failures = failures + 1 if math.isnan(score) else 0
                if failures >= IN_A_ROW:
                    return f"{IN_A_ROW} calls in a row failed"
            progress(test)
            await asyncio.sleep(0)  # where an interrupt is heard, though answers come from a table
    except asyncio.CancelledError:
        return "interrupted"
    return "the budget is spent" if test.mean_accuracy().error > terms.target_se else "sure enough"
