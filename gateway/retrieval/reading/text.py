"""Plain text: paragraphs between blank lines, whatever its length."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.retrieval.reading.decoding import encoding_of, strings
from gateway.retrieval.reading.documents import Block, Document, Section
from gateway.retrieval.reading.normal import paragraphs
from gateway.retrieval.reading.source import Source
from gateway.retrieval.reading.titles import title_from

MOST_HELD = 256 * 1024
"""Characters of one paragraph; a longer one is cut."""
WIDEST = 120
"""Characters of a line in a text that was wrapped to be read."""
NARROWEST = 0.6
"""Of the widest line, for the others of wrapped prose; the last apart."""


def read_text(source: Source) -> Iterator[Document]:
    """One document without headings."""
    yield Document(source.name, title_from(source.name), _sections(source, encoding_of(source, source.charset)))


def _sections(source: Source, encoding: str) -> Iterator[Section]:
    held = ""
    for piece in strings(source, encoding):
        held += piece
        cut = _cut(held)
        if cut:
            yield Section((), blocks(held[:cut]))
            held = held[cut:]
    yield Section((), blocks(held))


def _cut(held: str) -> int:
    """Where what is held can be cut: behind the last blank line, or anywhere if it is too long; 0 for nowhere yet."""
    cut = held.rfind("\n\n") + 1
    if cut or len(held) < MOST_HELD:
        return cut
    return held.rfind("\n") + 1 or held.rfind(" ") + 1 or len(held)


def blocks(text: str) -> tuple[Block, ...]:
    """The paragraphs of a text."""
    return tuple(Block(paragraph, not is_wrapped(paragraph)) for paragraph in paragraphs(text))


def is_wrapped(paragraph: str) -> bool:
    """Whether its lines are prose that was wrapped, and not a list, verse or rows of a table."""
    lengths = [len(line) for line in paragraph.split("\n")]
    widest = max(lengths)
    return len(lengths) == 1 or (widest <= WIDEST and min(lengths[:-1]) >= NARROWEST * widest)
