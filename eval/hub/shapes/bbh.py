"""BIG-Bench Hard (Suzgun et al., arXiv 2210.09261): 27 tasks, some with lettered options inside the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.hub.rows import Asked, Converted, Raw, lettered, part_of

OPTIONS = re.compile(r"\n\s*Options:\s*\n(?=\(A\) )")
OPTION = re.compile(r"^\(([A-Z])\) (.*)$", re.MULTILINE)
LETTER = re.compile(r"\(([A-Z])\)")


def convert(rows: Sequence[Raw], path: str) -> Converted:
    """One file a task."""
    task = part_of(path) or "bbh"
    return Converted(tuple(_question(row, task, number) for number, row in enumerate(rows)))


def _question(row: Raw, task: str, number: int) -> Asked:
    """Options are taken out of the text only where they are lettered in order, and the answer is one of the letters."""
    text, target = row["input"], row["target"].strip()
    choices: tuple[str, ...] | None = None
    asked, *rest = OPTIONS.split(text, maxsplit=1)
    answer = LETTER.fullmatch(target)
    if rest and answer:
        found = OPTION.findall(rest[0])
        if [letter for letter, _ in found] == [lettered(n) for n in range(len(found))]:
            text, target, choices = asked, answer.group(1), tuple(option for _, option in found)
    kind = "mcq" if choices else "short_text"
    return Asked(f"bbh/{task}/{number}", text, "reasoning", "bbh", kind, target, choices, subcategory=task)
