"""Answers become grades: each goes to the grader of its question, without the thoughts that stand before it.

Asks no expert, but a judge may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.collect.asking import question_digest
from eval.collect.choosing import Gradable
from eval.collect.grades import Answered, Grade, Posed
from eval.collect.kept import Row
from eval.collect.pool import each
from gateway.prompts import spoken

Place = tuple[str, str, int]
"""Expert, digest of the question, sample."""
Told = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Graded:
    """One answer to one question, with its grade. grader: its name."""

    posed: Posed
    row: Row
    grade: Grade
    grader: str


def by_place(rows: Iterable[Row]) -> dict[Place, Row]:
    """The latest of each place."""
    return {(row.expert, row.question, row.sample): row for row in rows}


def rival_among(rows: Mapping[Place, Row], expert: str) -> Callable[[Posed, int], str | None]:
    """What this expert has said to a question."""

    def said(posed: Posed, sample: int) -> str | None:
        row = rows.get((expert, question_digest(posed), sample))
        return None if row is None else spoken(row.reply)

    return said


async def graded(gradable: Sequence[Gradable], rows: Mapping[Place, Row], told: Told) -> tuple[Graded, ...]:
    """All of them, in the order of the questions, then of the rows; a text that was asked once is graded for each."""
    by_question: dict[str, list[Row]] = {}
    for (_, question, _), row in rows.items():
        by_question.setdefault(question, []).append(row)
    found: dict[tuple[int, str], Graded] = {}
    tasks: dict[str, list[tuple[int, Gradable, Row]]] = {}
    for n, one in enumerate(gradable):
        for row in by_question.get(question_digest(one.posed), ()):
            tasks.setdefault(one.grader.name, []).append((n, one, row))

    async def act(task: tuple[int, Gradable, Row]) -> None:
        n, one, row = task
        grade = await one.grader.grade(Answered(one.posed, row.expert, spoken(row.reply), row.sample))
        found[n, row.key] = Graded(one.posed, row, grade, one.grader.name)
        told()

    for of_one in tasks.values():
        await each(of_one, of_one[0][1].grader.at_once, act)
    order = {row.key: place for place, row in enumerate(rows.values())}
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], order[key[1]])))
