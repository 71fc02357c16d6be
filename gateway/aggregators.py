"""Putting experts to the aggregation test: each writes one answer from several, as `synthesize` would have it do.

Every result is noted as it comes, so that a test that was stopped goes on where it was. Knows no table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from gateway.errors import GatewayError
from gateway.examiner import IN_A_ROW, INSTRUCTIONS
from gateway.features import features_of
from gateway.pipeline import Pipeline
from gateway.prompts import room, writing
from gateway.strategies.leads import LEAST_ROOM
from gateway.strategies.synthesize import task
from gateway.types import Query
from gateway.wire.exchange import new_decision_id
from routers.aggregation import Item
from routers.grading import grade

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Marks:
    """expert: who was tested. right: by item's key, 1 where it was right. failed: calls without answer, and `why`."""

    expert: str
    right: dict[str, float] = field(default_factory=dict)
    failed: int = 0
    why: str = ""


class Notebook:
    """Results by expert and item, as JSON lines at `path`; with None they are kept nowhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def of(self, expert: str) -> dict[str, float]:
        """What is noted of an expert; a line that was cut off is none."""
        return {key: right for name, key, right in self._lines() if name == expert}

    def note(self, expert: str, key: str, right: float) -> None:
        """A line of its own, also after one that was cut off."""
        if self._path is None:
            return
        with self._path.open("ab+") as file:
            if file.tell() and (file.seek(-1, 2), file.read(1))[1] != b"\n":
                file.write(b"\n")
            file.write(orjson.dumps({"expert": expert, "item": key, "right": right}) + b"\n")

    def _lines(self) -> Iterator[tuple[str, str, float]]:
        if self._path is None or not self._path.is_file():
            return
        for line in self._path.read_bytes().splitlines():
            try:
                row = orjson.loads(line)
                yield str(row["expert"]), str(row["item"]), float(row["right"])
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
                continue


async def put_to_the_test(
    pipeline: Pipeline, expert: str, items: Sequence[Item], book: Notebook, progress: Callable[[Marks], None]
) -> Marks:
    """Ask for what is not yet noted; an expert that fails several times in a row is not asked on."""
    keys, noted = {item.key for item in items}, book.of(expert)
    marks = Marks(expert, {key: right for key, right in noted.items() if key in keys})
    left = [item for item in items if item.key not in marks.right]
    in_a_row = 0
    for start in range(0, len(left), AT_ONCE):
        some = left[start : start + AT_ONCE]
        found = await asyncio.gather(*(_asked(pipeline, expert, item) for item in some))
        for item, result in zip(some, found, strict=True):
            if isinstance(result, str):
                marks, in_a_row = Marks(expert, marks.right, marks.failed + 1, result), in_a_row + 1
                continue
            in_a_row, marks.right[item.key] = 0, result
            book.note(expert, item.key, result)
        progress(marks)
        if in_a_row >= IN_A_ROW:
            break
    return marks


async def _asked(pipeline: Pipeline, expert: str, item: Item) -> float | str:
    """Whether what it writes is right, or why it wrote nothing."""
    question = item.question
    said = f"{question.spelled_out}\n\n{INSTRUCTIONS[question.answer_type]}"
    body = {"model": expert, "messages": [{"role": "user", "content": said}], "temperature": 0}
    query = Query(new_decision_id(), expert, body)
    tokens = room(pipeline.pool.members[expert].expert, features_of(query, read=False))
    if tokens < LEAST_ROOM:
        return f"{expert} has no room for the answers in its context"
    body = writing(query, task(query, item.answers, tokens))
    try:
        answer = await pipeline.answer(Query(query.id, expert, body))
    except GatewayError as error:
        return error.message
    if answer.error is not None or answer.served is None or answer.served.reply is None:
        return answer.error.message if answer.error is not None else f"{expert} gave no answer"
    return grade(answer.served.reply.text, question.gold, question.answer_type, question.choices)
