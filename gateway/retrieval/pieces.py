"""Blocks of text in pieces that fit into a chunk: whole where they can be, or else sentences, lines, words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from gateway.retrieval.packing import Piece, size
from gateway.retrieval.reading.documents import Block
from gateway.retrieval.reading.normal import normal

LIMIT = 900
"""About 180 words or 210 word pieces: what the base encoder was trained to take in at once."""

Way = tuple[re.Pattern[str], str]
"""Where a text is divided, and what stands between its parts again when they share a chunk."""

SENTENCES: Way = (re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’)\]])\s+"), " ")
WIDE_SENTENCES: Way = (re.compile(r"(?<=[。！？])"), "")
LINES: Way = (re.compile(r"\n"), "\n")
WORDS: Way = (re.compile(r"\s+"), " ")
PROSE = (SENTENCES, WIDE_SENTENCES, LINES, WORDS)
ROWS = (LINES, SENTENCES, WIDE_SENTENCES, WORDS)


def pieces(blocks: Iterable[Block], limit: int = LIMIT) -> Iterator[Piece]:
    """All of the blocks' text in order, no piece longer than the limit."""
    for block in blocks:
        text = normal(block.text).strip("\n").rstrip()
        if text.strip():
            yield from _divided(text, "\n\n", ROWS if block.lines else PROSE, limit)


def _divided(text: str, gap: str, ways: Sequence[Way], limit: int) -> Iterator[Piece]:
    if size(text) <= limit:
        yield Piece(gap, text)
        return
    if not ways:
        yield from _cut(text, gap, limit)
        return
    (pattern, between), *others = ways
    for part in pattern.split(text):
        if part.strip():
            yield from _divided(part, gap, others, limit)
            gap = between


def _cut(word: str, gap: str, limit: int) -> Iterator[Piece]:
    """A word that is longer than a chunk, in lengths that fit however wide its characters are."""
    length = max(1, limit // 5)
    for start in range(0, len(word), length):
        yield Piece(gap if not start else "", word[start : start + length])
