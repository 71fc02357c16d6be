"""MATH (Hendrycks et al., arXiv 2103.03874): competition problems; the answer is the last `\\boxed{}`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.hub.rows import Asked, Converted, Raw, part_of

NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(/\d+)?")
BOXES = (r"\boxed{", r"\fbox{")


def convert(rows: Sequence[Raw], path: str) -> Converted:
    """One file a subject."""
    return Converted(tuple(_question(row, f"math/{part_of(path)}/{number}") for number, row in enumerate(rows)))


def _question(row: Raw, query_id: str) -> Asked:
    gold = boxed(row["solution"])
    numeric = gold is not None and NUMBER.fullmatch(gold)
    return Asked(
        query_id=query_id,
        text=row["problem"],
        category="math",
        benchmark="math",
        answer_type="numeric" if numeric else "short_text",
        gold=gold,
        subcategory=row.get("type"),
        difficulty=row.get("level"),
    )


def boxed(solution: str) -> str | None:
    """What the last box holds, braces inside it balanced; None where there is no box."""
    start, mark = max((solution.rfind(mark), mark) for mark in BOXES)
    if start < 0:
        return None
    depth, begin = 1, start + len(mark)
    for place in range(begin, len(solution)):
        depth += {"{": 1, "}": -1}.get(solution[place], 0)
        if not depth:
            return solution[begin:place].strip()
    return None
