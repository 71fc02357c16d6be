"""Values written down: a Python literal (what a program prints), or JSON. Runs nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from eval.collect.graders.rules import no_gold
from eval.collect.grades import Answered, Grade, Posed

LONGEST = 20_000
"""Characters of a value that are read."""
FENCED = re.compile(r"```[\w+-]*[ \t]*\n(.*?)```", re.DOTALL)
ANNOUNCED = re.compile(r"\banswer\b\s*(?:is\b|:|=)[\s*]*(.+)", re.IGNORECASE)
NOTHING = object()
"""Is no value."""


def python_literal(text: str) -> Any:
    """NOTHING where it is none."""
    try:
        return ast.literal_eval(text) if len(text) <= LONGEST else NOTHING
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return NOTHING


def json_value(text: str) -> Any:
    """NOTHING where it is none."""
    try:
        return orjson.loads(text) if len(text) <= LONGEST else NOTHING
    except ValueError:
        return NOTHING


@dataclass(frozen=True, slots=True)
class Written:
    """Right where the value is equal to the gold one, however it is spaced and quoted. read: a value out of a text."""

    name: str
    read: Callable[[str], Any]
    asked: str
    at_once: int = 1

    def instruction(self, posed: Posed) -> str:
        return self.asked

    def lacks(self, posed: Posed) -> str:
        unreadable = self.read(posed.gold.strip()) is NOTHING
        return no_gold(posed) or (f"the gold answer is no {self.name} value" if unreadable else "")

    async def grade(self, answered: Answered) -> Grade:
        said, text = self._value(answered.reply)
        if said is NOTHING:
            return Grade(0.0)
        return Grade(float(_same(said, self.read(answered.posed.gold.strip()))), text)

    def _value(self, reply: str) -> tuple[Any, str]:
        for text in candidates(reply):
            found = self.read(text)
            if found is not NOTHING:
                return found, text
        return NOTHING, ""


def candidates(reply: str) -> list[str]:
    """Where the value may stand, the likeliest first: after its announcement, in the last block, on the last line."""
    announced = [found.strip().strip("`*").strip() for found in ANNOUNCED.findall(reply)[-1:]]
    blocks = [found.strip() for found in FENCED.findall(reply)[-1:]]
    lines = [line.strip().strip("`") for line in reply.splitlines() if line.strip()]
    tries = [*announced, *(text.removesuffix(".") for text in announced), *blocks, reply.strip(), *lines[-1:]]
    return list(dict.fromkeys(filter(None, tries)))


def _same(one: Any, other: Any) -> bool:
    """Equal, and True is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


LITERAL = Written(
    "literal",
    python_literal,
    'Think step by step, then end with "The answer is X", where X is the value as a Python literal.',
)
JSON = Written("json", json_value, "Answer with JSON alone.")
