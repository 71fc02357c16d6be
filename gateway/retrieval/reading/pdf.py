"""PDF: the text of its pages, under the headings of its outline, or page by page where it has none."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.retrieval.reading.documents import Block, Document, Section, Skipped, Unreadable
from gateway.retrieval.reading.normal import normal, one_line
from gateway.retrieval.reading.pages import prose, without_running_heads
from gateway.retrieval.reading.source import Source
from gateway.retrieval.reading.titles import Outline, title_from

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

DAMAGED = "is a damaged PDF ({}); open it in a viewer and save or print it as PDF again"
LOCKED = "is locked with a password; add a copy without one, e.g. from `qpdf --decrypt --password=… IN.pdf OUT.pdf`"
SCANNED = "holds pictures of pages and no text; run OCR, e.g. `ocrmypdf IN.pdf OUT.pdf`, and add what that writes"
LEADERS = re.compile(r"(?:[ \t]*\.){5,}[ \t]*")
"""Dots that lead the eye to a page number."""
LONGEST_NUMBER = 8
"""Characters of what stands before a heading where it is printed: 10.4.2."""
NO_TITLE = re.compile(r"untitled|^(microsoft (word|powerpoint)|slide) ?\d*\b|\.(docx?|pptx?|tex|dvi|indd|pdf)$", re.I)


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading of the outline. page: from 0. level: 1 is the outermost."""

    page: int
    level: int
    heading: str


def read_pdf(source: Source) -> Iterator[Document | Skipped]:
    """One document; and a word on pages without text, where the others hold some."""
    pdf = _opened(source)
    texts = [_lines(page) for page in _pages(pdf, source.name)]
    empty = [str(number) for number, lines in enumerate(texts, 1) if not lines]
    if len(empty) == len(texts):
        raise Unreadable(source.name, SCANNED)
    pages = without_running_heads([lines or [] for lines in texts])
    entries = _entries(pdf)
    sections = _under(entries, pages) if entries else _by_page(pages)
    yield Document(source.name, _title(pdf) or title_from(source.name), sections)
    if empty:
        yield Skipped(f"{source.name}, page {_some(empty)}", "no text could be read there; if it is scanned, run OCR")


def _opened(source: Source) -> PdfReader:
    """Unreadable for a file that is damaged, or locked with a password that is not empty."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    # What pypdf makes of a file is said here, in one line, and not by its log as well.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        pdf = PdfReader(source.content)
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise Unreadable(source.name, LOCKED)
    except Unreadable:
        raise
    except (DependencyError, NotImplementedError):
        raise Unreadable(source.name, LOCKED) from None
    except broken() as error:
        raise Unreadable(source.name, DAMAGED.format(_said(error))) from None
    return pdf


def broken() -> tuple[type[Exception], ...]:
    """What pypdf raises where a file is not what the standard says: its own errors, and what it runs into."""
    from pypdf.errors import DependencyError, DeprecationError, PyPdfError

    ran_into = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError)
    return (PyPdfError, DependencyError, DeprecationError, *ran_into, NotImplementedError, RecursionError, MemoryError)


def _pages(pdf: PdfReader, name: str) -> Sequence[PageObject]:
    try:
        pages = list(pdf.pages)
    except broken() as error:
        raise Unreadable(name, DAMAGED.format(_said(error))) from None
    if not pages:
        raise Unreadable(name, DAMAGED.format("it has no pages"))
    return pages


def _lines(page: PageObject) -> list[str]:
    """The lines of a page; none where it has no text, or is damaged."""
    try:
        text = LEADERS.sub(" … ", normal(page.extract_text())).strip()
    except broken():
        return []
    return text.split("\n") if text else []


def _title(pdf: PdfReader) -> str:
    """The title in the file's own description, unless the program that wrote it made it up."""
    try:
        title = one_line(str((pdf.metadata.title if pdf.metadata else "") or ""))
    except broken():
        return ""
    return "" if NO_TITLE.search(title) else title


def _entries(pdf: PdfReader) -> list[Entry]:
    """The outline in the order of the pages; empty where there is none, or a broken one."""
    try:
        return sorted(_flat(pdf, pdf.outline, 1), key=lambda entry: entry.page)
    except broken():
        return []


def _flat(pdf: PdfReader, items: Sequence[Any], level: int) -> Iterator[Entry]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(pdf, item, level + 1)
        elif (page := pdf.get_destination_page_number(item)) is not None and page >= 0:
            yield Entry(page, level, one_line(str(item.title)))


def _by_page(pages: Sequence[list[str]]) -> Iterator[Section]:
    for number, lines in enumerate(pages, 1):
        yield Section((f"page {number}",), tuple(map(Block, prose(lines))))


def _under(entries: Sequence[Entry], pages: Sequence[list[str]]) -> Iterator[Section]:
    """The text under each heading: it begins behind the heading's line, or else with what is left of its page."""
    outline = Outline()
    for number, lines in enumerate(pages):
        left = lines
        for entry in (entry for entry in entries if entry.page == number):
            place = _place(entry.heading, left)
            if place is not None:
                yield Section(outline.headings, tuple(map(Block, prose(left[:place]))))
                left = left[place + 1 :]
            outline.enter(entry.level, entry.heading)
        yield Section(outline.headings, tuple(map(Block, prose(left))))


def _place(heading: str, lines: Sequence[str]) -> int | None:
    """The line that is the heading, perhaps behind a number; None where there is none."""
    wanted = _bare(heading)
    for place, line in enumerate(lines):
        found = _bare(line)
        if wanted and found.endswith(wanted) and len(found) - len(wanted) <= LONGEST_NUMBER:
            return place
    return None


def _bare(line: str) -> str:
    return "".join(line.split()).casefold()


def _said(error: Exception) -> str:
    return one_line(str(error), 80) or type(error).__name__


def _some(numbers: Sequence[str], most: int = 5) -> str:
    return ", ".join(numbers[:most]) + (f" and {len(numbers) - most} more" if len(numbers) > most else "")
