"""The questions that are to be asked again, as a file that `coterie eval collect` takes. Chooses none.

A row has the question's own columns, `experts` (whom to ask) and `inclusion` (the chance with which it was drawn).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from eval.changes.draws import INCLUSION
from eval.publishing import write
from routers.base import Array
from routers.errors import TableError
from routers.questions import NEEDED, Questions, read_questions
from routers.table import read_rows

EXPERTS = "experts"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to be asked: `row` in the table of questions, of whom, and the chance with which it was drawn."""

    row: int
    experts: tuple[str, ...]
    inclusion: float


def write_plan(path: Path, questions: Path, query_ids: Sequence[str], plan: Sequence[Ask]) -> None:
    """JSONL, in the order of the questions; TableError, in one line, where it cannot be written."""
    if path.suffix != ".jsonl":
        raise TableError(f"{path} must end in .jsonl, which `coterie eval collect` reads")
    rows = {row["query_id"]: row for row in reversed(read_rows(questions, NEEDED))}
    lines = []
    for one in sorted(plan, key=lambda one: one.row):
        asked = {EXPERTS: list(one.experts), INCLUSION: round(one.inclusion, 9)}
        lines.append(orjson.dumps({**rows[query_ids[one.row]], **asked}, default=str) + b"\n")
    write(path, b"".join(lines))


def read_chances(path: Path, asked: Questions) -> Mapping[str, Array]:
    """By expert (n,) the chances with which questions were drawn, NaN where they were not."""
    read_questions(path)
    places = {query_id: n for n, query_id in enumerate(asked.query_ids)}
    found: dict[str, Array] = {}
    for row in read_rows(path, ("query_id", EXPERTS, INCLUSION)):
        chance = row[INCLUSION]
        if not isinstance(chance, int | float) or not 0 < chance <= 1:
            raise TableError(f"{path}: {INCLUSION} of {row['query_id']} must be a chance above 0 and up to 1")
        for expert in row[EXPERTS] or ():
            column = found.setdefault(expert, np.full(len(asked.query_ids), np.nan))
            if row["query_id"] in places:
                column[places[row["query_id"]]] = chance
    return found
