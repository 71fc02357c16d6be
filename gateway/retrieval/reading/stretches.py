"""A long Markdown file in stretches that are parsed by themselves: each begins with a heading. Knows no other block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

STRETCH = 512 * 1024
"""Characters of a stretch, at least."""
MOST = 4 * STRETCH
"""Characters of a stretch, at most: text without headings is divided anywhere."""
HEADING_OR_FENCE = re.compile(r"^(?:(?P<heading>\#{1,6}[ \t])|[ >]{0,12}(?P<fence>`{3,}|~{3,}))", re.MULTILINE)


def divided(strings: Iterable[str]) -> Iterator[str]:
    """The text in order, divided before headings that stand outside code."""
    held = ""
    for string in strings:
        held += string
        while len(held) >= MOST:
            cut = _cut(held)
            yield held[:cut]
            held = held[cut:]
    yield held


def _cut(held: str) -> int:
    """The last heading outside code, or else the last blank line, behind STRETCH; or else all of it."""
    fence, cut = "", 0
    for found in HEADING_OR_FENCE.finditer(held):
        mark = found["fence"]
        if mark and not fence:
            fence = mark
        elif mark and mark.startswith(fence):
            fence = ""
        elif not fence and found["heading"] and found.start() >= STRETCH:
            cut = found.start()
    return cut or held.rfind("\n\n", STRETCH) + 1 or len(held)
