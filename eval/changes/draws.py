"""A table of outcomes in which a pair may have been asked several times. Knows no second table.

`routers.outcomes` reads one score per pair. Here the column `samples` says of how many answers a score is the mean, as
`coterie eval collect` writes it; or `sample` numbers the draws of a pair, a row each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.auc import SUCCESS_ABOVE
from routers.base import Array
from routers.categories import nearest
from routers.errors import TableError
from routers.questions import Questions, some
from routers.tabular import numbers, read_columns, strings

NEEDED = ("query_id", "model", "score")
SAMPLE, SAMPLES, INCLUSION = "sample", "samples", "inclusion"
NUMBER = "number the draws of a pair in a column `sample`"


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Matrices (n, m), a row per question and a column per expert; NaN where a pair was not measured.

    right: the share of its draws that were right; of a mean over several, that mean. score: their mean score. counts:
    how many draws there are.
    inclusion: the chance that the pair was drawn to be asked, NaN where the table does not say.
    """

    experts: tuple[str, ...]
    right: Array
    score: Array
    counts: Array
    inclusion: Array
    left_out: tuple[str, ...]

    def place(self, expert: str) -> int:
        return self.experts.index(expert)

    def among(self, experts: Sequence[str]) -> Draws:
        """These experts alone, in this order."""
        at = [self.place(expert) for expert in experts]
        return Draws(
            tuple(experts),
            self.right[:, at],
            self.score[:, at],
            self.counts[:, at],
            self.inclusion[:, at],
            self.left_out,
        )

    @property
    def graded(self) -> bool:
        """Whether any score is neither 0 nor 1, though there was but one draw."""
        alone = self.score[self.counts == 1]
        return bool(((alone > 0) & (alone < 1)).any())

    @property
    def spread(self) -> Array:
        """(n, m) the chance that a right draw is followed by a wrong one, p(1 - p) without bias; NaN for one draw."""
        many = np.where(self.counts > 1, self.counts, np.nan)
        spread: Array = self.right * (1 - self.right) * many / (many - 1)
        return spread


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    rows: Array
    columns: Array
    samples: Array
    sizes: Array
    scores: Array
    inclusion: Array

    def part(self, which: Array) -> _Cells:
        return _Cells(*(getattr(self, one.name)[which] for one in fields(self)))


def read_draws(path: Path, asked: Questions, experts: Sequence[str] | None = None) -> Draws:
    """The outcomes on these questions; TableError, in one line, for a table or an expert that cannot be used."""
    table = read_columns(path, NEEDED, (SAMPLE, SAMPLES, INCLUSION))
    models: list[str] = strings(table, "model", path).to_pylist()
    places = {query_id: n for n, query_id in enumerate(asked.query_ids)}
    rows = np.array([places.get(one, -1) for one in strings(table, "query_id", path).to_pylist()], dtype=np.intp)
    scores = numbers(table, "score", path)
    usable = (rows >= 0) & ~np.isnan(scores)
    there = sorted({models[n] for n in np.flatnonzero(usable)} - {""})
    names = tuple(there if experts is None else experts)
    _check_names(names, there, path)
    column = {name: m for m, name in enumerate(names)}
    columns = np.array([column.get(model, -1) for model in models], dtype=np.intp)
    numbered, sizes = _optional(table, SAMPLE, 0.0, path), _optional(table, SAMPLES, 1.0, path)
    cells = _Cells(rows, columns, numbered, sizes, scores, _optional(table, INCLUSION, np.nan, path))
    cells = cells.part(usable & (columns >= 0))
    _check_numbers(cells, names, path)
    cells, repeated = _once(cells, names, asked, path)
    strange = int((rows < 0).sum())
    left_out = [f"{repeated} outcomes of {path.name} that stand there twice"] if repeated else []
    left_out += [f"{strange} outcomes of {path.name} on questions that are not among the questions"] if strange else []
    return _gathered(cells, len(asked.query_ids), names, tuple(left_out))


def _optional(table: Any, name: str, default: float, path: Path) -> Array:
    if name not in table.column_names:
        return np.full(table.num_rows, default)
    return numbers(table, name, path)


def _gathered(cells: _Cells, n: int, names: tuple[str, ...], left_out: tuple[str, ...]) -> Draws:
    shape, m = (n, len(names)), len(names)
    flat = cells.rows * m + cells.columns
    counts = np.bincount(flat, cells.sizes, minlength=n * m).reshape(shape)

    def mean(values: Array) -> Array:
        found = np.full(shape, np.nan)
        sums = np.bincount(flat, values * cells.sizes, minlength=n * m).reshape(shape)
        np.divide(sums, counts, out=found, where=counts > 0)
        return found

    right = np.where(cells.sizes > 1, cells.scores, cells.scores > SUCCESS_ABOVE)
    return Draws(names, mean(right), mean(cells.scores), counts, mean(cells.inclusion), left_out)


def _check_names(names: Sequence[str], there: Sequence[str], path: Path) -> None:
    if not there:
        raise TableError(f"{path} has no score on any of these questions; their query_ids must be the same")
    if strange := [name for name in names if name not in there]:
        near = nearest(strange[0], there)
        raise TableError(f"{path} has no outcome of {some(strange)}; the nearest it has are {near}")


def _check_numbers(cells: _Cells, names: Sequence[str], path: Path) -> None:
    wrong = np.flatnonzero((cells.scores < 0) | (cells.scores > 1))
    if len(wrong):
        score, name = cells.scores[wrong[0]], names[cells.columns[wrong[0]]]
        more = f" ({len(wrong)} such scores)" if len(wrong) > 1 else ""
        raise TableError(f"score {score:g} of {name} in {path}{more} must lie in [0, 1], and be empty where unmeasured")
    if ((cells.inclusion <= 0) | (cells.inclusion > 1)).any():
        raise TableError(f"{path}: the column {INCLUSION} holds chances above 0 and up to 1")
    if not (cells.sizes >= 1).all():
        raise TableError(f"{path}: the column {SAMPLES} says of how many answers a score is the mean, 1 or more")
    if np.isnan(cells.samples).any():
        raise TableError(f"{path}: the column {SAMPLE} has empty places; {NUMBER}")


def _once(cells: _Cells, names: Sequence[str], asked: Questions, path: Path) -> tuple[_Cells, int]:
    """Each draw once, and how many repetitions there were; TableError where they contradict each other."""
    order = np.lexsort((cells.samples, cells.columns, cells.rows))
    cells = cells.part(order)
    keys = np.stack([cells.rows, cells.columns, cells.samples])
    repeats = np.concatenate([[False], (keys[:, 1:] == keys[:, :-1]).all(axis=0)])
    differ = repeats & np.concatenate([[False], cells.scores[1:] != cells.scores[:-1]])
    if differ.any():
        at = int(np.flatnonzero(differ)[0])
        pair = f"{names[cells.columns[at]]} on {asked.query_ids[cells.rows[at]]}"
        raise TableError(f"{path} gives {pair} both {cells.scores[at - 1]:g} and {cells.scores[at]:g}; {NUMBER}")
    return cells.part(~repeats), int(repeats.sum())
