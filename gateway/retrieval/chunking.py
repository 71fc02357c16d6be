"""Documents in chunks: as much as an encoder takes in, divided where the text itself is. Knows no store.

A chunk never holds parts of two sections, unless both are small and stand under the same heading. It ends with a
paragraph, or else a sentence, a line, a word, and only where a word is longer than a chunk within one. Chunks do not
overlap: their titles say where they stand, and nothing is stored, paid for or shown twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from gateway.retrieval.packing import Piece, joined, packed, total
from gateway.retrieval.pieces import LIMIT, pieces
from gateway.retrieval.reading.documents import Document, Section, Skipped, Unreadable
from gateway.retrieval.reading.normal import one_line
from gateway.retrieval.reading.readers import read
from gateway.retrieval.reading.source import Source

SMALL = 1 / 3
"""Of the limit: a section that is shorter may share a chunk with its neighbours."""
LONGEST_TITLE = 200
BETWEEN = " › "

Headings = tuple[str, ...]
Part = tuple[Headings, list[Piece]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """title: the document's, and the headings over the chunk. place: from 0, within the document."""

    document: str
    title: str
    place: int
    text: str


def chunked(source: Source, limit: int = LIMIT) -> Iterator[Chunk | Skipped]:
    """All that the source holds, while it is read; Unreadable, in the middle as well, where it cannot be taken."""
    empty = True
    for part in read(source):
        for found in [part] if isinstance(part, Skipped) else chunks(part, limit):
            empty = empty and isinstance(found, Skipped)
            yield found
    if empty:
        raise Unreadable(source.name, "holds no text; add a file with text in it")


def chunks(document: Document, limit: int = LIMIT) -> Iterator[Chunk]:
    """The document's text in order, each word once; `limit` is a length as `pieces.size` counts it."""
    title = one_line(document.title) or document.name
    for place, (headings, text) in enumerate(_texts(document.sections, limit)):
        path = headings[1:] if headings[:1] == (title,) else headings
        yield Chunk(document.name, one_line(BETWEEN.join((title, *path)), LONGEST_TITLE), place, text)


def _texts(sections: Iterable[Section], limit: int) -> Iterator[tuple[Headings, str]]:
    """Headings and text of each chunk. What is small waits for its neighbours."""
    waiting: list[Part] = []
    for headings, same in groupby(sections, lambda section: tuple(map(one_line, section.headings))):
        found = pieces((block for section in same for block in section.blocks), limit)
        start, is_all = _start(found, limit * SMALL)
        if not is_all:
            yield from _merged(waiting)
            waiting = []
            for run in packed(chain(start, found), limit):
                yield headings, joined(run)
        elif start:
            if waiting and not _fits([*waiting, (headings, start)], limit):
                yield from _merged(waiting)
                waiting = []
            waiting.append((headings, start))
    yield from _merged(waiting)


def _start(found: Iterator[Piece], most: float) -> tuple[list[Piece], bool]:
    """The first pieces, up to the one with which they are longer than `most`; and whether that never came."""
    start: list[Piece] = []
    for piece in found:
        start.append(piece)
        most -= piece.size
        if most < 0:
            return start, False
    return start, True


def _parent(parts: list[Part]) -> Headings | None:
    """The heading that all of them stand directly under, the first perhaps as its own text; None if there is none."""
    parent = parts[-1][0][:-1]
    first, *others = [headings for headings, _ in parts]
    if first != parent and first[:-1] != parent:
        return None
    return parent if all(len(headings) and headings[:-1] == parent for headings in others) else None


def _fits(parts: list[Part], limit: int) -> bool:
    return _parent(parts) is not None and total(_together(parts)) <= limit


def _together(parts: list[Part]) -> list[Piece]:
    """Sections in one, each under its own heading."""
    parent = _parent(parts) or ()
    run: list[Piece] = []
    for headings, found in parts:
        own = headings[len(parent) :]
        run += [Piece("\n\n", own[0]), Piece("\n", found[0].text), *found[1:]] if own else found
    return run


def _merged(parts: list[Part]) -> Iterator[tuple[Headings, str]]:
    if len(parts) == 1:
        yield parts[0][0], joined(parts[0][1])
    elif parts:
        yield _parent(parts) or (), joined(_together(parts))
