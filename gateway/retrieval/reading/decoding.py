"""Bytes as text: which encoding they are in, and what is no text at all. Knows no format."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.source import Source

PIECE = 64 * 1024
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HIGH = bytes(range(128, 256))
CONTROLS = bytes([*range(9), 11, *range(14, 27), *range(28, 32), 127])
MOST_CONTROLS = 0.02
MOST_BROKEN = 0.1
"""Of the bytes outside ASCII, as many may be no UTF-8 in a text that is UTF-8."""
MOST_HIGH = 0.3
"""Of all bytes: what is written in Latin letters has fewer outside ASCII."""


@dataclass(slots=True)
class Count:
    """Of the bytes of a text: all, outside ASCII, control characters, and those that no UTF-8 holds."""

    all: int = 0
    high: int = 0
    controls: int = 0
    broken: int = 0


def encoding_of(source: Source, declared: str = "") -> str:
    """The encoding by mark, by what is `declared`, as UTF-8, or as Windows' Latin-1; Unreadable for what is no text."""
    start = source.content.read(4)
    source.content.seek(0)
    marked = next((name for mark, name in MARKS if start.startswith(mark)), "")
    if marked:
        return marked
    if (known := _codec(declared)) and known != "utf-8":
        return known
    count = _counted(source.content, source.name)
    if count.broken <= MOST_BROKEN * count.high:
        return "utf-8"
    if count.high > MOST_HIGH * count.all:
        raise Unreadable(source.name, "is text in an unknown encoding, or none; save it as UTF-8")
    return "cp1252"


def strings(source: Source, encoding: str) -> Iterator[str]:
    """The text in pieces, its lines ended by newlines; what cannot be decoded becomes U+FFFD."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    source.content.seek(0)
    while piece := source.content.read(PIECE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def whole(source: Source, declared: str = "") -> str:
    """All of the text at once."""
    return "".join(strings(source, encoding_of(source, declared)))


def _codec(name: str) -> str:
    """Python's name of a text encoding; empty where it knows none. What the web calls Latin-1 is Windows'."""
    try:
        info = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        return ""
    if not info._is_text_encoding:
        return ""
    return "cp1252" if info.name in {"iso8859-1", "ascii"} else info.name


def _counted(content: IO[bytes], name: str) -> Count:
    """Goes through all of it; Unreadable at the first byte that no text holds."""
    count, decoder = Count(), codecs.getincrementaldecoder("utf-8")("replace")
    while piece := content.read(PIECE):
        if b"\0" in piece:
            raise Unreadable(name, "is binary, not text; save it as text, Markdown, HTML or PDF")
        count.all += len(piece)
        count.controls += len(piece) - len(piece.translate(None, CONTROLS))
        if not piece.isascii():
            count.high += len(piece) - len(piece.translate(None, HIGH))
        count.broken += decoder.decode(piece).count("\ufffd")
    content.seek(0)
    if count.controls > MOST_CONTROLS * count.all:
        raise Unreadable(name, "is binary, not text; save it as text, Markdown, HTML or PDF")
    return count


DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)


def declared_in_html(source: Source) -> str:
    """The charset that the first kilobytes of a page name; empty where they name none."""
    start = source.content.read(4096)
    source.content.seek(0)
    found = DECLARED.search(start)
    return found.group(1).decode("ascii", "replace") if found else ""
