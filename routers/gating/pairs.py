"""Counterfactual pairs: how an expert answered a question without and with documents, as a table holds them.

Reads the columns of `coterie knowledge label`; knows no encoder and learns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import TableError
from routers.gating.gains import Hit
from routers.gating.gold import holds
from routers.tabular import ArrowTable, numbers, read_columns, strings

NEEDED = ("query_id", "text", "passages", "score", "score_with_passages")
TEXTS = ("model",)
SHARES = ("chance", "knows")
NUMBERS = ("chance_std", "input_tokens", "input_tokens_with_passages")
LISTS = ("similarities", "titles", "gold")
UNNAMED = ""
"""The expert of a table without the column `model`."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One expert's two answers to one question; NaN where a number is not known.

    without, documented: scores in [0, 1]. chance, std: the router's P(right) before. hits: a similarity is NaN where
    the table holds none. added_tokens: what the documents added to the prompt. holds: 1 where the right answer stands
    in a passage, 0 where it does not; learned from, never a signal.
    """

    query_id: str
    text: str
    expert: str
    hits: tuple[Hit, ...]
    without: float
    documented: float
    chance: float = np.nan
    std: float = np.nan
    knows: float = np.nan
    added_tokens: float = np.nan
    holds: float = np.nan

    @property
    def change(self) -> float:
        return self.documented - self.without


@dataclass(frozen=True, slots=True)
class Pairs:
    """left_out: which rows were not taken, in words."""

    rows: tuple[Pair, ...]
    left_out: tuple[str, ...] = ()

    @property
    def experts(self) -> tuple[str, ...]:
        """In the order of their names."""
        return tuple(sorted({pair.expert for pair in self.rows}))


def read_pairs(paths: Sequence[Path]) -> Pairs:
    """Of several tables together; TableError, in one line, where one cannot be used.

    Rows without a score are left out, and the earlier of two rows of the same question and expert.
    """
    found = [pair for path in paths for pair in _read(path)]
    scored = [pair for pair in found if not np.isnan(pair.change)]
    latest = {(pair.query_id, pair.text, pair.expert): pair for pair in scored}
    left_out = [
        (len(found) - len(scored), "rows without both scores"),
        (len(scored) - len(latest), "rows of a question and an expert that come again later"),
    ]
    if not latest:
        raise TableError(f"{', '.join(map(str, paths))}: no row has both scores; label the questions again")
    return Pairs(tuple(latest.values()), tuple(f"{count} {reason}" for count, reason in left_out if count))


def _read(path: Path) -> list[Pair]:
    table = read_columns(path, NEEDED, (*TEXTS, *SHARES, *NUMBERS, *LISTS))
    ids, texts = (strings(table, name, path).to_pylist() for name in ("query_id", "text"))
    experts = strings(table, "model", path).to_pylist() if "model" in table.column_names else [UNNAMED] * len(ids)
    hits = _hits(table, path)
    shares = [_shares(table, name, path) for name in ("score", "score_with_passages", *SHARES)]
    std, before, after = (_numbers(table, name, path) for name in NUMBERS)
    without, documented, chance, knows = shares
    held = np.array([holds(*found) for found in zip(_gold(table, path), hits, strict=True)])
    columns = (without, documented, chance, std, knows, after - before, held)
    return [
        Pair(*named, *map(float, figures))
        for *named, figures in zip(ids, texts, experts, hits, zip(*columns, strict=True), strict=True)
    ]


def _gold(table: ArrowTable, path: Path) -> list[list[str]]:
    found = _lists(table, "gold", path) if "gold" in table.column_names else [[]] * table.num_rows
    return [[answer for answer in row if isinstance(answer, str)] for row in found]


def _hits(table: ArrowTable, path: Path) -> list[tuple[Hit, ...]]:
    passages = _lists(table, "passages", path)
    similarities = _lists(table, "similarities", path, like=passages)
    titles = _lists(table, "titles", path, like=passages)
    return [
        tuple(_hit(*found, path) for found in zip(*row, strict=True))
        for row in zip(passages, similarities, titles, strict=True)
    ]


def _hit(passage: Any, similarity: Any, title: Any, path: Path) -> Hit:
    """The first line of a passage is its title, where it has no other one."""
    if not isinstance(passage, str) or not isinstance(title, str | None):
        raise TableError(f"{path}: the columns passages and titles must hold lists of text")
    if not isinstance(similarity, int | float | None):
        raise TableError(f"{path}: the column similarities must hold lists of numbers")
    if title is None:
        first, _, rest = passage.partition("\n")
        title, text = (first.strip('" '), rest) if rest else ("", passage)
    else:
        text = passage.removeprefix(f"{title}\n")
    return Hit(title, text, np.nan if similarity is None else float(similarity))


def _lists(table: ArrowTable, name: str, path: Path, like: list[list[Any]] | None = None) -> list[list[Any]]:
    """A column of lists; lists of nothing, as long as `like`'s, where it is not there or empty."""
    if name not in table.column_names:
        return [[None] * len(row) for row in like or ()]
    found = table[name].to_pylist()
    if like is not None:
        found = [[None] * len(row) if part is None else part for part, row in zip(found, like, strict=True)]
    if not all(isinstance(part, list | None) for part in found):
        raise TableError(f"{path}: the column {name} must hold a list in every row")
    lists = [part or [] for part in found]
    for row, part in enumerate(lists if like is not None else ()):
        if len(part) != len((like or [])[row]):
            raise TableError(f"{path}, row {row + 1}: {len(part)} {name} for {len((like or [])[row])} passages")
    return lists


def _shares(table: ArrowTable, name: str, path: Path) -> Array:
    values = _numbers(table, name, path)
    bad = np.flatnonzero((values < 0) | (values > 1))
    if len(bad):
        raise TableError(f"{path}, row {bad[0] + 1}: {name} is {values[bad[0]]:g}; it must lie in [0, 1]")
    return values


def _numbers(table: ArrowTable, name: str, path: Path) -> Array:
    return numbers(table, name, path) if name in table.column_names else np.full(table.num_rows, np.nan)
