"""Lines of printed pages as prose: without what is printed on every page, words and paragraphs put together again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

NUMBERS = re.compile(r"\d+")
HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿ])")
ENDS = (".", "!", "?", ":", "。")
SHORT = 0.8
"""Of the widest line: one that is shorter and ends a sentence ends its paragraph."""
FEWEST = 3
"""Pages on which a line must stand to be a running head."""


def without_running_heads(pages: Sequence[list[str]]) -> list[list[str]]:
    """The pages without first and last lines that, numbers apart, most of them share."""
    edges = Counter(key for lines in pages for key in {_key(line) for line in lines[:1] + lines[-1:]})
    repeated = {key for key, count in edges.items() if count >= max(FEWEST, len(pages) / 2)}
    return [_trimmed(lines, repeated) for lines in pages]


def _trimmed(lines: list[str], repeated: set[str]) -> list[str]:
    start = 1 if lines and _key(lines[0]) in repeated else 0
    end = len(lines) - (1 if len(lines) > start and _key(lines[-1]) in repeated else 0)
    return lines[start:end]


def _key(line: str) -> str:
    return NUMBERS.sub("#", line.strip())


def prose(lines: Sequence[str]) -> Iterator[str]:
    """Paragraphs; a word that was divided at the end of a line is whole again."""
    widest = max(map(len, lines), default=0)
    run: list[str] = []
    for line in (*lines, ""):
        if line.strip():
            run.append(line.strip())
        if run and (not line.strip() or (len(line) < SHORT * widest and line.rstrip().endswith(ENDS))):
            yield HYPHEN.sub("", "\n".join(run)).replace("\n", " ")
            run = []
