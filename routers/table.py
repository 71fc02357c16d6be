"""Tables of questions and outcomes, from parquet, CSV or JSONL, as texts and a matrix with NaN for what is missing.

Knows the columns, not what is learned from them. The reader is imported when a table is read: serving reads none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import TableError

QUESTION_COLUMNS = ("query_id", "text", "category")
OUTCOME_COLUMNS = ("query_id", "model", "score")
UNSHIPPABLE = ("routerbench",)
"""Sources without a stated licence: nothing that is shipped learns from them."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row per question; `outcomes` is (n, m) with a column per expert and NaN where it was not measured."""

    query_ids: tuple[str, ...]
    texts: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    split: tuple[str, ...]
    split_from: str
    """Where the split comes from, in words."""
    experts: tuple[str, ...]
    outcomes: Array

    def rows(self, split: str) -> Array:
        """The row numbers of a split."""
        return np.flatnonzero(np.array(self.split) == split)


def read_table(
    questions: Path, outcomes: Path, experts: Sequence[str] | None = None, without: Collection[str] = UNSHIPPABLE
) -> Table:
    """TableError, in one line, for a missing file, column or expert, or an unknown format."""
    rows = [row for row in read_rows(questions, QUESTION_COLUMNS) if row.get("source") not in without]
    if not rows:
        raise TableError(f"{questions} has no questions")
    split, split_from = _split(rows)
    position = {str(row["query_id"]): n for n, row in enumerate(rows)}
    names, matrix = _matrix(read_rows(outcomes, OUTCOME_COLUMNS), position, experts, outcomes)
    return Table(
        query_ids=tuple(position),
        texts=tuple(str(row["text"]) for row in rows),
        choices=tuple(tuple(map(str, row.get("choices") or ())) for row in rows),
        categories=tuple(str(row["category"] or "") for row in rows),
        sources=tuple(str(row.get("source") or "unnamed") for row in rows),
        split=split,
        split_from=split_from,
        experts=names,
        outcomes=matrix,
    )


def _split(rows: list[dict[str, Any]]) -> tuple[tuple[str, ...], str]:
    """The table's own split, or one in ten groups of duplicates held out as `dev`, by hash."""
    if "split" in rows[0]:
        return tuple(str(row["split"]) for row in rows), "the table's column `split`"
    groups = [str(row.get("dup_group") or row["text"]) for row in rows]
    tenth = [int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 10 for group in groups]
    return tuple("dev" if n == 0 else "train" for n in tenth), "one tenth of the dup_groups, by hash, held out as dev"


def _matrix(
    rows: list[dict[str, Any]], position: dict[str, int], experts: Sequence[str] | None, path: Path
) -> tuple[tuple[str, ...], Array]:
    kept = [(position[str(row["query_id"])], row) for row in rows if str(row["query_id"]) in position]
    names = tuple(experts or sorted({str(row["model"]) for _, row in kept}))
    column = {name: m for m, name in enumerate(names)}
    matrix = np.full((len(position), len(names)), np.nan)
    for n, row in kept:
        if row["model"] in column and row["score"] is not None:
            matrix[n, column[row["model"]]] = _quality(row, path)
    unmeasured = [name for name, scores in zip(names, matrix.T, strict=True) if np.isnan(scores).all()]
    if unmeasured:
        raise TableError(f"{path} has no outcome of {', '.join(unmeasured)}")
    return names, matrix


def _quality(row: dict[str, Any], path: Path) -> float:
    score = row["score"]
    if not isinstance(score, int | float) or not 0 <= score <= 1:
        where = f"score {score} of {row['model']} on {row['query_id']} in {path}"
        raise TableError(f"{where} must lie in [0, 1], and be empty where it was not measured")
    return float(score)


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """A table's rows, once it has these columns."""
    if not path.is_file():
        raise TableError(f"no table at {path}")
    if path.suffix not in READERS:
        raise TableError(f"{path} is none of {', '.join(READERS)}")
    try:
        table = READERS[path.suffix](path)
    except (OSError, ValueError) as error:  # pyarrow's errors are both kinds
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise TableError(f"{path} lacks the column {', '.join(missing)}; it has {', '.join(table.column_names)}")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _parquet(path: Path) -> Any:
    from pyarrow import parquet

    return parquet.read_table(path)


def _csv(path: Path) -> Any:
    from pyarrow import csv

    return csv.read_csv(path)


def _jsonl(path: Path) -> Any:
    from pyarrow import json

    return json.read_json(path)


READERS: dict[str, Callable[[Path], Any]] = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
