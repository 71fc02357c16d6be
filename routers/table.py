"""Tables of questions and outcomes, from parquet, CSV or JSONL, as texts and a matrix with NaN for what is missing.

Knows the columns, not what is learned from them. The reader is imported when a table is read: serving reads none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.outcomes import Outcomes, read_outcomes
from routers.questions import Questions, read_questions
from routers.tabular import read_columns

UNSHIPPABLE = ("routerbench",)
"""Sources without a stated licence: nothing that is shipped learns from them."""
MATRICES = ("outcomes", "output_chars", "cost_usd")
WHOLE = ("split_from", "experts", "left_out")
"""What a table has once, not for each question."""
HELD_OUT = "one tenth of the dup_groups, by hash, held out as dev"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row per question; matrices are (n, m) with a column per expert, and NaN where it was not measured.

    groups: (n,) numbers; questions with the same one are one question, and must not be told apart by a split.
    left_out: which rows of the files were left out and why, a line each.
    """

    query_ids: tuple[str, ...]
    texts: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    categories: tuple[str, ...]
    subjects: tuple[str, ...]
    """A finer category (the column `subcategory`), "" where there is none."""
    skills: tuple[tuple[str, ...], ...]
    """What a question asks for, as somebody has noted it (a column of lists); empty where nobody has."""
    sources: tuple[str, ...]
    split: tuple[str, ...]
    split_from: str
    """Where the split comes from, in words."""
    experts: tuple[str, ...]
    outcomes: Array
    output_chars: Array
    """How long each answer was, in characters."""
    cost_usd: Array
    """What each answer cost."""
    groups: Array
    golds: tuple[str, ...]
    """The right answer, "" where it is not known."""
    answer_types: tuple[str, ...]
    left_out: tuple[str, ...]

    def rows(self, split: str) -> Array:
        """The row numbers of a split."""
        return np.flatnonzero(np.array(self.split) == split)

    def part(self, rows: Array) -> Table:
        """The table with these rows alone."""
        columns = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in WHOLE}
        return replace(self, **{name: _taken(column, rows) for name, column in columns.items()})

    def among(self, experts: Sequence[str]) -> Table:
        """The table with these experts alone, in this order; ValueError for one it does not have."""
        places = [self.experts.index(expert) for expert in experts]
        matrices = {name: getattr(self, name)[:, places] for name in MATRICES}
        return replace(self, experts=tuple(experts), **matrices)


def read_table(
    questions: Path, outcomes: Path, experts: Sequence[str] | None = None, without: Collection[str] = UNSHIPPABLE
) -> Table:
    """TableError, in one line, for a missing file, column or expert, or an unknown format."""
    asked = read_questions(questions, without)
    return table_of(asked, read_outcomes(outcomes, asked.query_ids, asked.known, experts))


def table_of(asked: Questions, answered: Outcomes) -> Table:
    """Both as one, once they have the same rows."""
    split, split_from = _split(asked)
    return Table(
        query_ids=asked.query_ids,
        texts=asked.texts,
        choices=asked.choices,
        categories=asked.categories,
        subjects=asked.subjects,
        skills=asked.skills,
        sources=asked.sources,
        split=split,
        split_from=split_from,
        experts=answered.experts,
        outcomes=answered.scores,
        output_chars=answered.output_chars,
        cost_usd=answered.cost_usd,
        groups=_numbered(asked.groups),
        golds=asked.golds,
        answer_types=asked.answer_types,
        left_out=(*asked.left_out, *answered.left_out),
    )


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """A table's rows with all its columns, once it has these."""
    rows: list[dict[str, Any]] = read_columns(path, columns, None).to_pylist()
    return rows


def _split(asked: Questions) -> tuple[tuple[str, ...], str]:
    """The table's own split; without one, or where it holds nothing out, one in ten groups of duplicates by hash."""
    if asked.splits is not None and set(asked.splits) != {"train"}:
        return asked.splits, "the table's column `split`"
    why = "" if asked.splits is None else "the table's column `split` says train throughout: "
    tenth = [int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 10 for group in asked.groups]
    return tuple("dev" if n == 0 else "train" for n in tenth), why + HELD_OUT


def _taken(column: Any, rows: Array) -> Any:
    return column[rows] if isinstance(column, np.ndarray) else tuple(column[n] for n in rows)


def _numbered(groups: Sequence[str]) -> Array:
    """(n,) the same number for the same name."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups])
