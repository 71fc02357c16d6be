"""An answer in its normal form, so that answers of several experts can be compared. Knows no expert and no weight."""

from __future__ import annotations

import re

from gateway.form import Form
from routers.grading import announced_letter, announced_number, endings, normalised

LONGEST_SHORT = 12
"""Words; a longer reply to a question that wants a few words is judged by what it announces."""
DIGITS = 6
"""Significant digits that two numbers must share to be the same answer."""
BLOCK = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
TICKED = re.compile(r"`([^`\n]+)`")
NOT = re.compile(r"\b(?:not|no|never|none|cannot|without|false|incorrect|disable[sd]?)\b|n't\b", re.IGNORECASE)
NUMBERS = re.compile(r"\d+(?:\.\d+)?")


def key_of(text: str, form: Form) -> str | None:
    """The answer's normal form; None where the text holds no answer of this form. Free text has none: see `alike`."""
    if not text.strip():
        return None
    match form.kind:
        case "choice":
            return announced_letter(text, form.options) or _bare_letter(text)
        case "number":
            number = announced_number(text)
            return None if number is None else f"{number + 0.0:.{DIGITS}g}"
        case "code":
            return _printed(text)
        case "short":
            return _few_words(text)
        case _:
            return None


def alike(one: str, other: str) -> bool:
    """Whether two free texts may mean the same as far as their numbers and negations go.

    Embeddings put "enable" and "disable" side by side; these words tell them apart.
    """
    return bool(NOT.search(one)) == bool(NOT.search(other)) and _numbers(one) == _numbers(other)


def _numbers(text: str) -> frozenset[str]:
    return frozenset(NUMBERS.findall(text))


def _bare_letter(text: str) -> str | None:
    bare = text.strip().strip("().:*")
    return bare.upper() if len(bare) == 1 and bare.isalpha() and bare.isascii() else None


def _printed(text: str) -> str | None:
    """What the last block of code holds, or the last words in backticks, or the last line; spaces do not count."""
    blocks = BLOCK.findall(text) or TICKED.findall(text)
    lines = [line for line in text.splitlines() if line.strip()]
    said = blocks[-1] if blocks else lines[-1].partition(":")[2] or lines[-1]
    return "".join(said.split()) or None


def _few_words(text: str) -> str | None:
    said = [words for words in reversed(endings(text)) if len(words.split()) <= LONGEST_SHORT]
    return min(said, key=len) if said else normalised(text) or None
