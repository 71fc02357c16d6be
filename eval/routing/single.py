"""A table of one file: each line a question with the scores of the experts that answered it.

`{"text": ..., "scores": {"a": 1, "b": 0.5}}`, and where they are known `costs`, `category`, `query_id` and what else a
table of questions may have. A CSV has columns `scores.a`, `scores.b`, as a data frame writes nested ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.categories import nearest
from routers.errors import TableError
from routers.outcomes import Outcomes
from routers.questions import LISTS, NEEDED, OPTIONAL, questions_of, some
from routers.table import Table, table_of
from routers.tabular import ArrowTable, numbers, read_columns

SCORES, COSTS = "scores", "costs"


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """(n, m) figures of one kind by expert, NaN where there is none."""

    experts: tuple[str, ...]
    figures: Array

    def of(self, experts: Sequence[str], rows: Array) -> Array:
        """(k, e) of these experts and rows; NaN for an expert of whom nothing is said."""
        found = np.full((len(rows), len(experts)), np.nan)
        for place, expert in enumerate(experts):
            if expert in self.experts:
                found[:, place] = self.figures[rows, self.experts.index(expert)]
        return found


def read_single(path: Path, experts: Sequence[str] | None = None) -> Table:
    """TableError, in one line, for a file that holds no questions with scores, or scores that are no quality."""
    table = read_columns(path, ("text",), None)
    scores, costs = _cells(table, SCORES, path), _cells(table, COSTS, path)
    if not scores.experts:
        has = ", ".join(table.column_names)
        raise TableError(
            f"{path} lacks the column {SCORES} (a score by expert); it has {has}; "
            "add it, or name a table of outcomes with --outcomes"
        )
    _check(scores, path)
    _check_costs(costs, path)
    asked = questions_of(_questions(table), path)
    first = {query_id: n for n, query_id in reversed(list(enumerate(asked.known)))}
    _check_repeated(scores.figures, asked.known, first, path)
    names, lines = _experts(scores, experts, path)
    rows = np.array([first[query_id] for query_id in asked.query_ids])
    unknown = np.full((len(rows), len(names)), np.nan)
    return table_of(asked, Outcomes(names, scores.of(names, rows), unknown, costs.of(names, rows), lines))


def _questions(table: ArrowTable) -> ArrowTable:
    """The columns of a table of questions; a question without a name has its line's number, and none a category."""
    import pyarrow as pa

    known = (*NEEDED, *OPTIONAL, *LISTS)
    asked = table.select([name for name in table.column_names if name in known])
    if "query_id" not in table.column_names:
        asked = asked.append_column("query_id", pa.array([str(n + 1) for n in range(table.num_rows)]))
    if "category" not in table.column_names:
        asked = asked.append_column("category", pa.array([""] * table.num_rows))
    return asked


def _cells(table: ArrowTable, name: str, path: Path) -> _Cells:
    """From a column of objects (in CSV as JSON writes them), or from a column `name.expert` for each expert."""
    if name in table.column_names:
        rows = [_object(found, name, n, path) for n, found in enumerate(table[name].to_pylist())]
        experts = tuple(dict.fromkeys(expert for row in rows for expert in row))
        figures = np.full((len(rows), len(experts)), np.nan)
        for n, row in enumerate(rows):
            figures[n] = [_figure(row.get(expert), name, expert, n, path) for expert in experts]
        return _Cells(experts, figures)
    columns = [column for column in table.column_names if column.startswith(f"{name}.") and column != f"{name}."]
    wide = [numbers(table, column, path) for column in columns]
    experts = tuple(column.removeprefix(f"{name}.") for column in columns)
    return _Cells(experts, np.stack(wide, axis=1) if wide else np.empty((table.num_rows, 0)))


def _object(found: Any, name: str, n: int, path: Path) -> Mapping[str, Any]:
    if isinstance(found, str) and found.strip():
        try:
            found = json.loads(found)
        except ValueError:
            raise TableError(_where(path, n, f"{name} must be an object like {{'expert': 1}}, not {found!r}")) from None
    try:
        return dict(found or {})
    except (TypeError, ValueError):
        raise TableError(_where(path, n, f"{name} must be an object like {{'expert': 1}}, not {found!r}")) from None


def _figure(found: Any, name: str, expert: str, n: int, path: Path) -> float:
    if found is None:
        return float("nan")
    if isinstance(found, int | float):
        return float(found)
    raise TableError(_where(path, n, f"{name} of {expert} must be a number, not {found!r}"))


def _where(path: Path, n: int, what: str) -> str:
    return f"{path}, line {n + 1}: {what}"


def _check(scores: _Cells, path: Path) -> None:
    found = scores.figures
    wrong = np.argwhere((found < 0) | (found > 1))
    if len(wrong):
        n, m = wrong[0]
        more = f" ({len(wrong)} such scores)" if len(wrong) > 1 else ""
        score = f"score {found[n, m]:g} of {scores.experts[m]}{more}"
        raise TableError(_where(path, int(n), f"{score} must lie in [0, 1], and be empty where it was not measured"))


def _check_costs(costs: _Cells, path: Path) -> None:
    wrong = np.argwhere((costs.figures < 0) | np.isinf(costs.figures))
    if len(wrong):
        n, m = wrong[0]
        cost = f"cost {costs.figures[n, m]:g} of {costs.experts[m]}"
        raise TableError(_where(path, int(n), f"{cost} must be dollars, 0 or more, and be empty where it is not known"))


def _check_repeated(figures: Array, ids: Sequence[str], first: Mapping[str, int], path: Path) -> None:
    """A question may stand there twice, but not with other scores."""
    for n, query_id in enumerate(ids):
        if query_id and not np.array_equal(figures[n], figures[first[query_id]], equal_nan=True):
            raise TableError(_where(path, n, f"the question {query_id} stood there before with other scores; keep one"))


def _experts(scores: _Cells, named: Sequence[str] | None, path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whom the table is about, in the file's order or the one given, and in words who was left out."""
    measured = [name for name, column in zip(scores.experts, scores.figures.T, strict=True) if not _blank(column)]
    if named is not None:
        lacking = [name for name in named if name not in measured]
        if lacking:
            near = nearest(lacking[0], measured)
            raise TableError(f"{path} has no score of {', '.join(lacking)}; the nearest it has are {near}")
        return tuple(named), ()
    if not measured:
        raise TableError(f"{path} has no score of any expert; fill in the column {SCORES}")
    return tuple(measured), tuple(_lines(scores, measured))


def _lines(scores: _Cells, measured: Sequence[str]) -> Iterator[str]:
    silent = [name for name in scores.experts if name not in measured]
    if silent:
        yield f"{len(silent)} experts without a score ({some(silent)})"


def _blank(column: Array) -> bool:
    return bool(np.isnan(column).all())
