"""JSON lines: a document a line, in any number. A bad line is named and left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.retrieval.reading.documents import Document, Section, Skipped, Unreadable
from gateway.retrieval.reading.normal import normal, one_line
from gateway.retrieval.reading.source import Source
from gateway.retrieval.reading.text import blocks
from gateway.retrieval.reading.titles import title_from

TEXTS = ("text", "content", "body")
NAMES = ("id", "_id", "url")
MOST_LINE = 16 * 1024 * 1024
"""Bytes of a line."""
MOST_BAD = 100
"""Lines at the beginning without a good one among them: then it is no such file."""
ASKED = "wants an object with the text under `text`, `content` or `body`"


def read_jsonl(source: Source) -> Iterator[Document | Skipped]:
    """A document for each line; called by its `url`, or by the file and its `id` or the line's number."""
    good = bad = number = 0
    while line := source.content.readline(MOST_LINE + 1):
        number += 1
        whole = len(line) <= MOST_LINE or line.endswith(b"\n")
        found = _read(line, number, source.name) if whole else _too_long(source, number)
        if isinstance(found, Document):
            good += 1
        elif found is not None:
            bad += 1
        if bad == MOST_BAD and not good:
            raise Unreadable(source.name, f"none of its first {number} lines is a document; a line {ASKED}")
        if found is not None:
            yield found


def _too_long(source: Source, number: int) -> Skipped:
    """Passes over the rest of the line, a piece at a time."""
    while (rest := source.content.readline(MOST_LINE)) and not rest.endswith(b"\n"):
        pass
    return Skipped(f"{source.name}:{number}", f"the line is longer than {MOST_LINE // 2**20} MB; divide the document")


def _read(line: bytes, number: int, name: str) -> Document | Skipped | None:
    """The line's document; None for a blank line."""
    line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    if not line.strip():
        return None
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Skipped(f"{name}:{number}", f"not JSON: {one_line(error.msg)}; {ASKED}")
    text = next((row[key] for key in TEXTS if isinstance(row.get(key), str)), "") if isinstance(row, dict) else ""
    if not text.strip():
        return Skipped(f"{name}:{number}", f"holds no text; {ASKED}")
    return _document(row, text, number, name)


def _document(row: dict[str, Any], text: str, number: int, name: str) -> Document:
    known = {key: one_line(str(row[key])) for key in NAMES if isinstance(row.get(key), str | int)}
    called = known.get("url") or f"{name}#{known.get('id') or known.get('_id') or number}"
    title = row.get("title")
    titled = one_line(title) if isinstance(title, str) else ""
    return Document(called, titled or title_from(name), (Section((), blocks(normal(text))),))
