"""Which reader takes a source: what its first bytes show, what a server said it is, or what its name ends with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from gateway.retrieval.reading.documents import Document, Skipped, Unreadable
from gateway.retrieval.reading.html import read_html
from gateway.retrieval.reading.jsonl import read_jsonl
from gateway.retrieval.reading.markdown import read_markdown
from gateway.retrieval.reading.pdf import read_pdf
from gateway.retrieval.reading.source import Source
from gateway.retrieval.reading.text import read_text

Reader = Callable[[Source], Iterator[Document | Skipped]]
"""Documents in order, each read while it is gone through; Unreadable where the source is not what it should be."""

MB = 1024 * 1024
HTML_START = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
FOREIGN = {
    b"PK\x03\x04": "is a zip or Office file; save it as PDF, HTML or text, or unpack it",
    b"\xd0\xcf\x11\xe0": "is an old Office file; save it as PDF, HTML or text",
    b"\x1f\x8b": "is compressed; unpack it first",
    b"BZh": "is compressed; unpack it first",
    b"\xfd7zXZ": "is compressed; unpack it first",
    b"(\xb5/\xfd": "is compressed; unpack it first",
    b"\x89PNG": "is a picture; run OCR and add the text",
    b"\xff\xd8\xff": "is a picture; run OCR and add the text",
    b"GIF8": "is a picture; run OCR and add the text",
    b"<svg": "is a picture; add its text by itself",
    b"{\\rtf": "is RTF; save it as PDF, HTML or text",
}


def read(source: Source) -> Iterator[Document | Skipped]:
    """What the source holds. Unreadable, in the middle as well, where it cannot be taken."""
    if not source.size:
        raise Unreadable(source.name, "is empty; add a file with text in it")
    reader = _reader(source)
    most = LARGEST.get(reader)
    if most and source.size > most:
        size, limit = source.size / MB, most / MB
        raise Unreadable(source.name, f"is {size:,.0f} MB, more than the {limit:,.0f} MB taken; divide it")
    return reader(source)


def _reader(source: Source) -> Reader:
    start = source.content.read(1024)
    source.content.seek(0)
    for mark, why in FOREIGN.items():
        if start.startswith(mark):
            raise Unreadable(source.name, why)
    named = BY_SUFFIX.get(suffix(source.name)) or BY_MEDIA_TYPE.get(source.media_type)
    if source.media_type in TELLING:
        named = BY_MEDIA_TYPE[source.media_type]
    if start.lstrip().startswith(b"%PDF-") or (named is read_pdf and b"%PDF-" in start):
        return read_pdf
    if named is read_pdf:
        raise Unreadable(source.name, "is called a PDF but is none; look at what it holds")
    if named in {None, read_text} and HTML_START.match(start):
        return read_html
    return named or read_text


def suffix(name: str) -> str:
    """What a path or URL ends with: ".md"; empty where it has none."""
    return PurePosixPath(urlsplit(name).path if "://" in name else name).suffix.lower()


BY_SUFFIX: dict[str, Reader] = {
    ".txt": read_text,
    ".text": read_text,
    ".rst": read_text,
    ".adoc": read_text,
    ".org": read_text,
    ".log": read_text,
    ".csv": read_text,
    ".tsv": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".pdf": read_pdf,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
BY_MEDIA_TYPE: dict[str, Reader] = {
    "text/plain": read_text,
    "text/markdown": read_markdown,
    "text/html": read_html,
    "application/xhtml+xml": read_html,
    "application/pdf": read_pdf,
    "application/jsonl": read_jsonl,
    "application/x-ndjson": read_jsonl,
}
TELLING = BY_MEDIA_TYPE.keys() - {"text/plain"}
"""Media types that weigh more than a suffix; servers say text/plain of whatever they do not know."""
LARGEST: dict[Reader, int] = {read_html: 50 * MB, read_pdf: 500 * MB}
"""Bytes of what must be read as a whole. Text, Markdown and JSON lines may have any length."""
SUFFIXES = frozenset(BY_SUFFIX)
"""What is picked up in a folder."""
