"""HTML: sections under its headings; what a page carries beside its text is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.retrieval.reading.decoding import declared_in_html, whole
from gateway.retrieval.reading.documents import Block, Document, Section, Unreadable
from gateway.retrieval.reading.nesting import DEEPEST, is_too_deep
from gateway.retrieval.reading.normal import BLANKS
from gateway.retrieval.reading.page import Page
from gateway.retrieval.reading.source import Source
from gateway.retrieval.reading.titles import Outline, title_from

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

HEADINGS = {f"h{level}": level for level in range(1, 7)}
INLINE = frozenset(
    "-text a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark meter output progress "
    "q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
LISTS = {"ul", "ol", "dl"}
ITEMS = {"li", "dt"}


def read_html(source: Source) -> Iterator[Document]:
    """One document, called what its <title>, or else its first <h1>, says."""
    html = whole(source, source.charset or declared_in_html(source))
    if is_too_deep(html):
        raise Unreadable(source.name, f"nests more than {DEEPEST:,} tags; save it as text")
    page = Page(html)
    yield Document(source.name, page.title or title_from(source.name), Walk(page).sections())


class Walk:
    """Goes through a page in order and keeps what belongs to the section it is in."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._outline = Outline()
        self._blocks: list[Block] = []
        self._items: list[str] = []
        self._words: list[str] = []
        self._lists = 0
        self._mark = ""

    def sections(self) -> Iterator[Section]:
        """The page's sections, in order; without recursion, for a page may be nested as deep as it likes."""
        open_: list[tuple[LexborNode, bool]] = [(root, False) for root in self._page.roots]
        while open_:
            node, seen = open_.pop()
            tag = node.tag or ""
            if seen:
                self._leave(tag)
            elif tag in HEADINGS:
                yield from self._section()
                self._outline.enter(HEADINGS[tag], self._page.words(node))
            elif not self._took(node, tag):
                self._enter(tag)
                open_.append((node, True))
                open_.extend((child, False) for child in reversed(self._page.inside(node)))
        yield from self._section()

    def _took(self, node: LexborNode, tag: str) -> bool:
        """Whether the node is a whole: text, code or a table."""
        if tag == "-text":
            self._words.append(node.text_content or "")
        elif tag == "br":
            self._words.append("\n")
        elif tag == "pre":
            self._block(self._page.text(node))
        elif tag == "table" and (rows := self._page.rows(node)):
            self._block("\n".join(rows))
        else:
            return False
        return True

    def _enter(self, tag: str) -> None:
        if tag in INLINE:
            return
        if tag in LISTS and not self._lists:
            self._paragraph()
        else:
            self._line()
        self._lists += tag in LISTS
        if tag in ITEMS:
            self._mark = "  " * (self._lists - 1) + "- "

    def _leave(self, tag: str) -> None:
        if tag in INLINE:
            return
        self._line()
        self._mark = "" if tag in ITEMS else self._mark
        if tag in LISTS:
            self._lists -= 1
            if not self._lists:
                self._paragraph()

    def _line(self) -> None:
        """What was said since the last line: an item of a list, or a paragraph."""
        words = BLANKS.sub(" ", "".join(self._words)).strip()
        self._words.clear()
        if words and self._lists:
            self._items.append(self._mark + words)
            self._mark = ""
        elif words:
            self._blocks.append(Block(words))

    def _paragraph(self) -> None:
        """Ends a list as well."""
        self._line()
        if self._items:
            self._blocks.append(Block("\n".join(self._items), lines=True))
            self._items = []

    def _block(self, text: str) -> None:
        self._paragraph()
        if text.strip():
            self._blocks.append(Block(text.strip("\n").rstrip(), lines=True))

    def _section(self) -> Iterator[Section]:
        self._paragraph()
        if self._blocks:
            yield Section(self._outline.headings, tuple(self._blocks))
        self._blocks = []
