"""What every public set is turned into: rows of our tables of questions and outcomes. Knows no set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Raw = Mapping[str, Any]
"""A row as the set has it."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. gold: None where it is not published. difficulty: in the set's own words."""

    query_id: str
    text: str
    category: str
    benchmark: str
    answer_type: str
    gold: str | None = None
    choices: tuple[str, ...] | None = None
    subcategory: str | None = None
    difficulty: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What one model scored on one question."""

    query_id: str
    model: str
    score: float
    output_chars: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Converted:
    """outcomes: only of sets that bring answers."""

    questions: Sequence[Asked]
    outcomes: Sequence[Answered] = field(default=())


Convert = Callable[[Sequence[Raw], str], Converted]
"""The rows of one file, and the file's path in the set, to ours. KeyError names a column that is not there."""


def each(one: Callable[[Raw, int], Asked]) -> Convert:
    """For a set whose rows are one question each; `one` is given a row and its number."""

    def convert(rows: Sequence[Raw], path: str) -> Converted:
        return Converted(tuple(one(row, number) for number, row in enumerate(rows)))

    return convert


def part_of(path: str) -> str:
    """The folder a file lies in, which is what sets call a configuration."""
    return path.split("/", 1)[0] if "/" in path else ""


def lettered(number: int) -> str:
    """The letter of an option."""
    return LETTERS[number]
