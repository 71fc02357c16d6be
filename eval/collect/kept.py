"""The file beside the table: every call that was answered, with its words. Asks nobody and grades nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from gateway.lines import append, lines_in
from routers.errors import TableError

ANSWER, VERDICT = "answer", "verdict"
DIGITS = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One call. key: tells it from every other. kind: ANSWER or VERDICT. question: a digest of what was put to answer.

    at: when it was answered, ISO 8601 in UTC. finish: why the expert stopped, as it says.
    """

    key: str
    kind: str
    expert: str
    query_id: str
    question: str
    sample: int
    reply: str
    finish: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_s: float
    at: str


NAMES = tuple(one.name for one in fields(Row))


class Kept:
    """Rows by key; a line that was cut off, or that is no such row, is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows = {row.key: row for row in _rows_in(path)}

    def get(self, key: str) -> Row | None:
        return self._rows.get(key)

    @property
    def spent_usd(self) -> float:
        """All calls so far, of earlier runs too."""
        return sum(row.cost_usd for row in self._rows.values())

    def rows(self) -> Iterable[Row]:
        """All, in the order in which they came."""
        return self._rows.values()

    def add(self, row: Row) -> None:
        """TableError, in one line, where it cannot be written: the disk is full."""
        try:
            append(self.path, {name: getattr(row, name) for name in NAMES})
        except OSError as error:
            hint = "make room, and the same command goes on"
            raise TableError(f"{self.path} cannot be written ({error.strerror}); {hint}") from None
        self._rows[row.key] = row


def digest(*parts: Any) -> str:
    """The same for the same parts."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:DIGITS]


def _rows_in(path: Path) -> Iterator[Row]:
    try:
        for found in lines_in(path):
            if all(name in found for name in NAMES):
                yield Row(**{name: found[name] for name in NAMES})
    except OSError as error:
        raise TableError(f"{path} cannot be read ({error.strerror})") from None
