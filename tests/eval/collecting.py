"""A question set small enough to see through, experts that answer it, and the command that collects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import orjson
from pyarrow import parquet

from tests.conftest import coterie
from tests.upstream import Exchange, says

Behave = Callable[[Exchange], Awaitable[None]]

ARITHMETIC = [
    {"query_id": f"n{n}", "text": f"What is {n} + {n}?", "category": "math", "gold": str(2 * n)} for n in range(1, 7)
]
LETTERS = [
    {
        "query_id": f"m{n}",
        "text": f"Which is number {n}?",
        "category": "law",
        "choices": ["one", "two", "three"],
        "gold": "ABC"[n],
        "answer_type": "mcq",
    }
    for n in range(3)
]
FREE = [
    {"query_id": f"f{n}", "text": f"Write a line about place {n}.", "category": "other", "answer_type": "free"}
    for n in range(4)
]


def said(x: Exchange) -> str:
    """What was asked last."""
    return str(x.body["messages"][-1]["content"])


def knows(answers: Mapping[str, str], otherwise: str = "no idea") -> Behave:
    """Whoever answers a question that holds one of these texts so."""

    async def behave(x: Exchange) -> None:
        await says(next((reply for text, reply in answers.items() if text in said(x)), otherwise))(x)

    return behave


SOLVER = knows(
    {f"{row['text']}": f"The answer is {row['gold']}" for row in ARITHMETIC}
    | {row["text"]: f"The answer is ({row['gold']})" for row in LETTERS}
)


def write_questions(folder: Path, rows: Sequence[Mapping[str, Any]], name: str = "questions.jsonl") -> None:
    (folder / name).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def collect(folder: Path, *more: str, out: str = "outcomes.parquet") -> CompletedProcess[str]:
    return coterie(folder, "eval", "collect", "--questions", "questions.jsonl", "--out", out, *more)


def rows(folder: Path, out: str = "outcomes.parquet") -> dict[tuple[str, str], dict[str, Any]]:
    """By question and expert."""
    return {(row["query_id"], row["model"]): row for row in parquet.read_table(folder / out).to_pylist()}


def kept(folder: Path, out: str = "outcomes.parquet") -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / f"{out}.answers.jsonl").read_bytes().splitlines()]
