"""The question set: a table's questions as they are put, once each, and in words what cannot be. Grades nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.collect.graders.code import COLUMNS
from eval.collect.grades import Posed
from routers.grading import announced_letter, announced_number
from routers.questions import Questions, listed, read_questions
from routers.tabular import read_columns, strings

EXPERTS = "experts"
"""The column that names who is to be asked, as `coterie eval reask` writes it; nobody named is everybody."""
NUMERALS = "0123456789.,+-−/$%eE "


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """posed: in the file's order. lines: what was left out, taken together or guessed, a line each."""

    posed: tuple[Posed, ...]
    lines: tuple[str, ...]


def read_set(path: Path, limit: int | None = None) -> QuestionSet:
    """TableError, in one line, for a file without usable questions, or two questions with one query id."""
    table = read_questions(path)
    further = _further(path)
    places = range(len(table.query_ids))[:limit]
    posed = tuple(_posed(table, n, further.get(table.query_ids[n], {})) for n in places)
    guessed = Counter(one.answer_type for one, n in zip(posed, places, strict=True) if not table.answer_types[n])
    lines = [f"left out: {line}" for line in table.left_out]
    if alike := len(posed) - len({one.spelled_out for one in posed}):
        lines.append(f"{alike} questions have the text of an earlier one: each text is asked once")
    lines += [f"{count} questions say no answer_type: taken as {kind}" for kind, count in sorted(guessed.items())]
    return QuestionSet(posed, tuple(lines))


def _further(path: Path) -> dict[str, dict[str, Any]]:
    """The columns that only some graders read, and whom to ask, by query id."""
    table = read_columns(path, ("query_id",), (*COLUMNS, EXPERTS))
    names = [name for name in table.column_names if name in (*COLUMNS, EXPERTS)]
    if not names:
        return {}
    ids = strings(table, "query_id", path).to_pylist()
    rows = table.select(names).to_pylist()
    return dict(zip(reversed(ids), reversed(rows), strict=True))  # of a question that stands there twice the first


def _posed(table: Questions, n: int, extra: dict[str, Any]) -> Posed:
    choices, gold = table.choices[n], table.golds[n]
    return Posed(
        query_id=table.query_ids[n],
        text=table.texts[n],
        choices=choices,
        gold=gold,
        answer_type=table.answer_types[n] or _guessed(choices, gold, extra),
        group=table.groups[n],
        source=table.sources[n],
        split=table.splits[n] if table.splits else "",
        extra={name: value for name, value in extra.items() if name != EXPERTS},
        experts=listed(extra.get(EXPERTS)),
    )


def _guessed(choices: Sequence[str], gold: str, extra: dict[str, Any]) -> str:
    """What the answers look like, where the table does not say."""
    if choices and (gold in choices or announced_letter(gold, choices)):
        return "mcq"
    if any(extra.get(name) for name in COLUMNS[:3]):
        return "code"
    if gold and not gold.strip(NUMERALS) and announced_number(gold) is not None:
        return "numeric"
    return "short_text" if gold else "free"
