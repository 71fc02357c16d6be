"""The table of questions: which of its rows can be used, and why the others cannot. Knows no expert and no score."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import TableError
from routers.tabular import ArrowTable, read_columns, strings

NEEDED = ("query_id", "text", "category")
OPTIONAL = ("source", "split", "dup_group", "subcategory", "gold", "answer_type")
LISTS = ("choices", "skills")
NAMED = 3
"""As many query ids or experts as an explanation names."""


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """One entry per question, in the file's order.

    subjects: a finer category, "" where there is none. skills: what a question asks for, as somebody has noted it.
    splits: None where the table has no such column. groups: which questions are the same one (dup_group, or the text).
    known: every query id of the file, those left out too. left_out: what was left out and why, a line each.
    """

    query_ids: tuple[str, ...]
    texts: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    categories: tuple[str, ...]
    subjects: tuple[str, ...]
    skills: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]
    golds: tuple[str, ...]
    answer_types: tuple[str, ...]
    groups: tuple[str, ...]
    splits: tuple[str, ...] | None
    known: tuple[str, ...]
    left_out: tuple[str, ...]


def read_questions(path: Path, without: Collection[str] = ()) -> Questions:
    """TableError, in one line, for a file without usable questions, or two questions with one query id.

    `without` names sources to leave out.
    """
    return questions_of(read_columns(path, NEEDED, (*OPTIONAL, *LISTS)), path, without)


def questions_of(table: ArrowTable, path: Path, without: Collection[str] = ()) -> Questions:
    """The same of columns that were read already; path: what errors name."""
    column = {name: tuple(strings(table, name, path).to_pylist()) for name in table.column_names if name not in LISTS}
    kept, left_out = _usable(column, without, path)
    if not len(kept):
        raise TableError("; ".join((f"{path} has no questions", *left_out)))

    def part(name: str, default: str = "") -> tuple[str, ...]:
        return tuple(column[name][n] or default for n in kept) if name in column else (default,) * len(kept)

    texts = part("text")
    groups = tuple(group or text for group, text in zip(part("dup_group"), texts, strict=True))
    return Questions(
        query_ids=part("query_id"),
        texts=texts,
        choices=_lists(table, "choices", kept),
        categories=part("category"),
        subjects=part("subcategory"),
        skills=_lists(table, "skills", kept),
        sources=part("source", "unnamed"),
        golds=part("gold"),
        answer_types=part("answer_type"),
        groups=groups,
        splits=part("split") if "split" in column else None,
        known=column["query_id"],
        left_out=left_out,
    )


def _usable(column: dict[str, tuple[str, ...]], without: Collection[str], path: Path) -> tuple[Array, tuple[str, ...]]:
    """The numbers of the rows that can be used, and in words what was left out."""
    ids, texts = column["query_id"], column["text"]
    sources = column.get("source", ("",) * len(ids))
    foreign = [n for n, source in enumerate(sources) if source in without]
    nameless = [n for n, query_id in enumerate(ids) if not query_id]
    empty = [n for n, text in enumerate(texts) if not text.strip()]
    again = _again(ids, texts, path)
    kept = np.setdiff1d(np.arange(len(ids)), [*foreign, *nameless, *empty, *again])
    counts = Counter(sources[n] for n in foreign)
    lines = [f"{count} questions of {source}, which has no licence" for source, count in sorted(counts.items())]
    lines += [f"{len(nameless)} questions without a query_id"] if nameless else []
    lines += [f"{len(empty)} questions without a text ({some(ids[n] for n in empty)})"] if empty else []
    lines += [f"{len(again)} questions that stand there twice ({some(ids[n] for n in again)})"] if again else []
    return kept, tuple(lines)


def _again(ids: Sequence[str], texts: Sequence[str], path: Path) -> list[int]:
    """The rows that repeat an earlier one; TableError where one query id has two texts."""
    first: dict[str, int] = {}
    again = []
    for n, query_id in enumerate(ids):
        before = first.setdefault(query_id, n)
        if before != n and query_id:
            if texts[before] != texts[n]:
                raise TableError(f"{path} has two different questions with the query_id {query_id}; give each its own")
            again.append(n)
    return again


def _lists(table: ArrowTable, name: str, kept: Array) -> tuple[tuple[str, ...], ...]:
    """A column of lists, in CSV as JSON writes them; empty where there is none."""
    if name not in table.column_names:
        return ((),) * len(kept)
    return tuple(listed(found) for found in table[name].take(kept).to_pylist())


def listed(found: Any) -> tuple[str, ...]:
    """A cell that holds a list, or writes one as JSON; empty for anything else."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()


def some(found: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = list(found)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
