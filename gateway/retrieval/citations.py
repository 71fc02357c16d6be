"""Which passages an answer cites: [1], [2, 3], [4-6]. Knows no passage, and not whether it is rightly cited."""

from __future__ import annotations

import re
from collections.abc import Iterator

CODE = re.compile(r"(```|~~~).*?(?:\1|\Z)|(?<!`)(`++)[^\n]*?(?<!`)\2(?!`)", re.DOTALL)
ONE = r"[\[【]\^?(?:(?:passage|document|source)s? )?\d{1,3}(?: ?[,;–-] ?\d{1,3})*[\]】]"
MARKERS = re.compile(rf"(?<![\w\\])(?P<before>[\w\\]*+)(?P<markers>(?: ?{ONE})++)(?![{{\w]|\s*=)", re.IGNORECASE)
"""Markers in a row, with the word that they are joined to, if any. Before an equals sign or a brace they are none."""
NAME = re.compile(r"[^\W\d]|.*[_\\].*")
"""What is indexed, not cited: x[1], row_sums[2]."""
NUMBERS = re.compile(r"(\d+)(?: ?[–-] ?(\d+))?")


def cited(text: str, count: int) -> frozenset[int]:
    """Those of the numbers 1 to `count` that stand as markers in the text; code and formulas apart."""
    return frozenset(number for number in _numbers(CODE.sub(" ", text)) if 1 <= number <= count)


def _numbers(text: str) -> Iterator[int]:
    for found in MARKERS.finditer(text):
        if NAME.fullmatch(found["before"]) and not found["markers"].startswith(" "):
            continue
        for group in re.findall(ONE, found["markers"], re.IGNORECASE):
            spans = [(int(first), int(last or first)) for first, last in NUMBERS.findall(group)]
            if all(first > 0 for first, _ in spans):  # [0, 1] is an interval
                yield from (number for first, last in spans for number in range(first, last + 1))
