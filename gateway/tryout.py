"""Trying prompts on graded questions: an expert is asked through the gateway, and what it scored is kept in a file."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gateway.examiner import INSTRUCTIONS
from gateway.kept_calls import KeptCalls
from gateway.pipeline import Pipeline
from gateway.types import Query
from gateway.wire.exchange import new_decision_id
from routers.bank import Question
from routers.base import Array
from routers.grading import grade
from routers.packs import Region, prompted


class Tryout:
    """One expert; what stands in `kept` is not asked again."""

    def __init__(self, expert: str, pipeline: Pipeline, kept: Path) -> None:
        self._expert = expert
        self._calls = KeptCalls(pipeline, kept)

    @property
    def asked(self) -> int:
        """How many calls were answered now."""
        return self._calls.made

    async def scores(self, region: Region, questions: Sequence[Question]) -> Array:
        """(n,) 1 for each right answer under the region's prompt and demonstrations, NaN where the call failed.

        The error itself where several fail in a row.
        """
        return np.array(await asyncio.gather(*(self._score(region, question) for question in questions)))

    async def _score(self, region: Region, question: Question) -> float:
        asked = f"{question.spelled_out}\n\n{INSTRUCTIONS[question.answer_type]}"
        messages = prompted(region, [{"role": "user", "content": asked}])
        body = {"model": self._expert, "messages": messages, "temperature": 0}
        row = await self._calls.note(
            [self._expert, messages, question.gold],
            Query(new_decision_id(), self._expert, body),
            lambda answer, reply: {
                "score": grade(reply.text, question.gold, question.answer_type, question.choices),
            },
        )
        return math.nan if row is None else float(row["score"])
