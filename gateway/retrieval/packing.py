"""Pieces of text packed into chunks, in order, each chunk as full as it goes. Knows no documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
SHORT = 1 / 4
"""Of the limit: a last chunk that is shorter is evened out with the one before it."""


def size(text: str) -> int:
    """Length as an encoder feels it, in characters of English: short words and wide characters count for more."""
    wide = 0 if text.isascii() else len(WIDE.findall(text))
    return max(len(text) + 3 * wide, 5 * len(text.split()))


@dataclass(frozen=True, slots=True)
class Piece:
    """gap: what stands before it, unless it comes first. size: of both."""

    gap: str
    text: str
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", len(self.gap) + size(self.text))


def total(run: Sequence[Piece]) -> int:
    """No less than the size of its text."""
    return sum(piece.size for piece in run) - (len(run[0].gap) if run else 0)


def joined(run: Sequence[Piece]) -> str:
    """The pieces as one text."""
    return "".join(piece.gap + piece.text for piece in run).removeprefix(run[0].gap)


def packed(pieces: Iterable[Piece], limit: int) -> Iterator[list[Piece]]:
    """Runs of pieces, none longer than the limit. No piece may be longer than that."""
    held: list[Piece] = []
    run: list[Piece] = []
    filled = 0
    for piece in pieces:
        if run and filled + piece.size > limit:
            if held:
                yield held
            held, run, filled = run, [], 0
        filled += piece.size if run else piece.size - len(piece.gap)
        run.append(piece)
    yield from _evened(held, run, limit)


def _evened(held: list[Piece], run: list[Piece], limit: int) -> Iterator[list[Piece]]:
    """The last two runs, divided again in the middle where the last would be short."""
    both = held + run
    if held and total(run) < limit * SHORT:
        lengths = list(accumulate(piece.size for piece in both))
        longer = {cut: max(lengths[cut - 1], lengths[-1] - lengths[cut - 1]) for cut in range(1, len(both))}
        cut = min(longer, key=longer.__getitem__)
        held, run = both[:cut], both[cut:]
    if held:
        yield held
    if run:
        yield run
