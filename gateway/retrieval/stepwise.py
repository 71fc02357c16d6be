"""The steps of a reasoned answer, and what documents say to each. Knows no expert and no prompt."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.retrieval.passages import Library, Passage

ANSWER_LINE = re.compile(r"^[ \t]*+[*_#]*+[ \t]*+(?:final )?answer[*_]*+[ \t]*+:[*_]*+", re.IGNORECASE | re.MULTILINE)
STEP_LINE = re.compile(
    r"^[ \t]*+[*_#]*+[ \t]*+(?:(?:step )?\d{1,2}[*_]*+[.):]|step \d{1,2}|[-*•])[*_]*+\s", re.IGNORECASE
)
MOST_STEPS = 8
FEWEST_WORDS = 4
"""A shorter step asserts nothing that could be looked up."""
PER_STEP = 3
BEARS = 0.45
"""Cosine from which a passage is about what a step asserts, under the bundled encoder."""


@dataclass(frozen=True, slots=True)
class Checked:
    """passages: all that bear on a step, the best first. touched: of each step, the places of those that bear on it."""

    passages: tuple[Passage, ...] = ()
    touched: tuple[tuple[int, ...], ...] = ()


def answer_in(text: str) -> str:
    """What follows the last line that begins with "Answer:"; all of it, where nothing does."""
    found = list(ANSWER_LINE.finditer(text))
    return (text[found[-1].end() :].strip() if found else "") or text.strip()


def steps_in(text: str) -> list[str]:
    """What comes before the answer: numbered or listed lines with what hangs on them, else all lines.

    What is too short to assert anything is left out, and so is what goes beyond `MOST_STEPS`.
    """
    answers = list(ANSWER_LINE.finditer(text))
    reasoning = text[: answers[-1].start()] if answers else text
    return [step for step in _listed(reasoning) if len(step.split()) >= FEWEST_WORDS][:MOST_STEPS]


def _listed(text: str) -> list[str]:
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    marks = [STEP_LINE.match(f"{line} ") for line in lines]
    steps: list[str] = []
    for line, mark in zip(lines, marks, strict=True):
        if mark or not any(marks) or not steps:
            steps.append(line[mark.end() :].strip() if mark else line)
        else:
            steps[-1] += f" {line}"
    return steps


async def checked(library: Library, steps: Sequence[str], tenant: str, among: Sequence[str] | None) -> Checked:
    """What the library has on each step; KnowledgeError where it cannot be searched."""
    found = await asyncio.gather(*(library.search(step, tenant, among, PER_STEP) for step in steps))
    bearing = [[one for one in each.passages if one.similarity >= BEARS] for each in found]
    best: dict[tuple[str, str, int], Passage] = {}
    for passage in (one for each in bearing for one in each):
        known = best.get(_key(passage))
        best[_key(passage)] = passage if known is None or passage.score > known.score else known
    order = sorted(best, key=lambda key: -best[key].score)
    touched = tuple(tuple(sorted({order.index(_key(one)) for one in each})) for each in bearing)
    return Checked(tuple(best[key] for key in order), touched)


def _key(passage: Passage) -> tuple[str, str, int]:
    return passage.collection, passage.document, passage.chunk
