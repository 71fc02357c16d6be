"""Trying prompts on graded questions: an expert is asked through the gateway, and what it scored is kept in a file."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson

from gateway.errors import GatewayError
from gateway.examiner import INSTRUCTIONS
from gateway.lines import append, lines_in
from gateway.pipeline import Pipeline
from gateway.types import Json, Query
from gateway.wire.exchange import new_decision_id
from routers.bank import Question
from routers.base import Array
from routers.grading import grade
from routers.packs import Region, prompted

AT_ONCE = 4
IN_A_ROW = 4
"""So many calls that fail one after the other, and the expert is not asked on."""


class Tryout:
    """One expert; what stands in `kept` is not asked again. `asked`: how many calls were answered now."""

    def __init__(self, expert: str, pipeline: Pipeline, kept: Path) -> None:
        self.asked = 0
        self._expert = expert
        self._pipeline = pipeline
        self._kept = kept
        self._known = {str(row.get("key")): row.get("score") for row in lines_in(kept)}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._failed = 0

    async def scores(self, region: Region, questions: Sequence[Question]) -> Array:
        """(n,) 1 for each right answer under the region's prompt and demonstrations, NaN where the call failed.

        The error itself where several fail in a row.
        """
        return np.array(await asyncio.gather(*(self._score(region, question) for question in questions)))

    async def _score(self, region: Region, question: Question) -> float:
        asked = f"{question.spelled_out}\n\n{INSTRUCTIONS[question.answer_type]}"
        messages = prompted(region, [{"role": "user", "content": asked}])
        key = hashlib.sha256(orjson.dumps([self._expert, messages, question.gold])).hexdigest()[:32]
        known = self._known.get(key)
        if isinstance(known, int | float):
            return float(known)
        async with self._places:
            reply = await self._reply(messages)
        if reply is None:
            return math.nan
        score = grade(reply, question.gold, question.answer_type, question.choices)
        append(self._kept, {"key": key, "score": score})
        self.asked += 1
        return score

    async def _reply(self, messages: list[Json]) -> str | None:
        body = {"model": self._expert, "messages": messages, "temperature": 0}
        answer = await self._answer(body)
        if isinstance(answer, str):
            self._failed = 0
            return answer
        self._failed += 1
        if self._failed >= IN_A_ROW:
            raise answer
        return None

    async def _answer(self, body: Json) -> str | GatewayError:
        try:
            answer = await self._pipeline.answer(Query(new_decision_id(), self._expert, body))
        except GatewayError as error:
            return error
        reply = answer.served.reply if answer.served else None
        return reply.text if reply is not None else answer.error or GatewayError("nothing came back")
