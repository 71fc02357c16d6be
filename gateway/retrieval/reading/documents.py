"""What a reader makes of a source: documents, in sections, in blocks. Knows no format and no store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class Unreadable(Exception):
    """A source that cannot be taken: one line that begins with its name and says what to do."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.message = f"{name}: {why}"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; or a table, a list or code, whose line breaks mean something (`lines`)."""

    text: str
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under the same headings, the outermost first. Equal headings in a row are one section in several parts."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """`sections` can be gone through once, in order: a large document is read while they are taken."""

    name: str
    title: str
    sections: Iterable[Section]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something inside a source that was left out; the rest is taken."""

    name: str
    why: str
