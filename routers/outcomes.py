"""The table of outcomes, a row per (question, model), as matrices with NaN for what is missing. Knows no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.categories import nearest
from routers.errors import TableError
from routers.tabular import numbers, read_columns, strings

NEEDED = ("query_id", "model", "score")
OPTIONAL = ("output_chars", "cost_usd")


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Matrices (n, m), a row per question and a column per expert; NaN is not known, never zero.

    output_chars: how long the answer was. cost_usd: what it cost. left_out: what was left out and why, a line each.
    """

    experts: tuple[str, ...]
    scores: Array
    output_chars: Array
    cost_usd: Array
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The measured rows of the file: which question and expert each belongs to, and its score."""

    rows: Array
    columns: Array
    scores: Array
    lines: Array
    """Which lines of the file these are."""

    def part(self, which: Array) -> _Cells:
        return _Cells(self.rows[which], self.columns[which], self.scores[which], self.lines[which])


def read_outcomes(
    path: Path, query_ids: Sequence[str], known: Sequence[str], experts: Sequence[str] | None = None
) -> Outcomes:
    """The outcomes of these questions; of every model the file has, unless `experts` says whose, in its order.

    known: the query ids there are, those left out of `query_ids` too. TableError, in one line, for an expert without
    outcomes, a score that is no quality, or two different scores of one model on one question.
    """
    table = read_columns(path, NEEDED, OPTIONAL)
    asked, models = strings(table, "query_id", path), strings(table, "model", path)
    rows, scores = _places(asked, query_ids), numbers(table, "score", path)
    there = tuple(sorted({*models.filter(_mask(rows >= 0)).unique().to_pylist()} - {""}))
    names = tuple(experts) if experts is not None else there
    columns = _places(models, names)
    wanted = (rows >= 0) & (columns >= 0) & ~np.isnan(scores)
    cells = _Cells(rows, columns, scores, np.arange(len(rows))).part(wanted)
    _check_scores(cells, query_ids, names, path)
    cells, repeated = _once(cells, query_ids, names, path)
    _check_experts(cells, names, there, path)
    strange = int(((_places(asked, known) < 0) & (columns >= 0)).sum())
    lines = [f"{repeated} outcomes that stand there twice"] if repeated else []
    lines += [f"{strange} outcomes of questions that are not in the table of questions"] if strange else []
    shape = (len(query_ids), len(names))

    def matrix(name: str) -> Array:
        found = numbers(table, name, path)[cells.lines] if name in table.column_names else np.nan
        return _filled(shape, cells, found)

    scored = _filled(shape, cells, cells.scores)
    return Outcomes(names, scored, matrix("output_chars"), matrix("cost_usd"), tuple(lines))


def _places(found: Any, among: Sequence[str]) -> Array:
    """(n,) where each of an Arrow array's names stands among these; -1 for nowhere."""
    import pyarrow as pa
    import pyarrow.compute as pc

    value_set = pa.array(among, type=pa.large_string())
    places: Array = pc.fill_null(pc.index_in(found, value_set=value_set), -1).to_numpy()
    return places


def _mask(which: Array) -> Any:
    import pyarrow as pa

    return pa.array(which)


def _filled(shape: tuple[int, int], cells: _Cells, found: Array | float) -> Array:
    matrix = np.full(shape, np.nan)
    matrix[cells.rows, cells.columns] = found
    return matrix


def _check_scores(cells: _Cells, query_ids: Sequence[str], names: Sequence[str], path: Path) -> None:
    wrong = np.flatnonzero((cells.scores < 0) | (cells.scores > 1))
    if len(wrong):
        score, name, query_id = _told(cells, wrong[0], query_ids, names)
        more = f" ({len(wrong)} such scores)" if len(wrong) > 1 else ""
        where = f"score {score} of {name} on {query_id} in {path}{more}"
        raise TableError(f"{where} must lie in [0, 1], and be empty where it was not measured")


def _once(cells: _Cells, query_ids: Sequence[str], names: Sequence[str], path: Path) -> tuple[_Cells, int]:
    """Each pair once, and how many repetitions there were; TableError where they contradict each other."""
    pairs = cells.rows.astype(np.int64) * max(len(names), 1) + cells.columns
    order = np.argsort(pairs, kind="stable")
    repeats = pairs[order][1:] == pairs[order][:-1]
    if not repeats.any():
        return cells, 0
    differ = repeats & (cells.scores[order][1:] != cells.scores[order][:-1])
    if differ.any():
        at = int(np.flatnonzero(differ)[0])
        (one, name, query_id), (other, _, _) = (_told(cells, order[n], query_ids, names) for n in (at, at + 1))
        raise TableError(f"{path} gives {name} both {one} and {other} on {query_id}; keep one score for each pair")
    return cells.part(order[np.concatenate([[True], ~repeats])]), int(repeats.sum())


def _told(cells: _Cells, at: int, query_ids: Sequence[str], names: Sequence[str]) -> tuple[float, str, str]:
    """The score, the expert and the question of one cell."""
    return float(cells.scores[at]), names[cells.columns[at]], query_ids[cells.rows[at]]


def _check_experts(cells: _Cells, names: Sequence[str], there: Sequence[str], path: Path) -> None:
    measured = set(cells.columns.tolist())
    unmeasured = [name for m, name in enumerate(names) if m not in measured]
    if not names or not measured and not there:
        raise TableError(f"{path} has no outcome of any of these questions; their query_ids must be the same")
    if unmeasured:
        near = nearest(unmeasured[0], there)
        raise TableError(f"{path} has no outcome of {', '.join(unmeasured)}; the nearest it has are {near}")
