"""A parsed HTML page: its title, where its text begins, and which of its nodes are no text. Knows no sections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.retrieval.reading.normal import BLANKS

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

BESIDE = ", ".join(
    "script style noscript template nav footer svg math canvas iframe object embed audio video head button select "
    "textarea input datalist dialog menu [hidden] [aria-hidden=true] [role=navigation] [role=contentinfo] "
    "[role=search] [role=dialog] [role=menu]".split()
)
UNSEEN = "[style*='display:none' i], [style*='display: none' i], [style*='visibility:hidden' i]"
CELLS = {"td", "th"}


class Page:
    """The text of a page without scripts, styles, navigation, footers and what is hidden."""

    def __init__(self, html: str) -> None:
        from selectolax.lexbor import LexborHTMLParser

        self._parsed = LexborHTMLParser(html)
        self._beside = {node.mem_id for node in self._parsed.css(f"{BESIDE}, {UNSEEN}")}

    @property
    def title(self) -> str:
        """What <title> says, or else the first <h1>; may be empty."""
        found = (self._parsed.css_first(name) for name in ("head title", "h1"))
        return next((words for node in found if node is not None and (words := self.words(node))), "")

    @property
    def roots(self) -> list[LexborNode]:
        """The parts with the page's own text: <main> where there is one that holds any, or else all of it."""
        mains = [node for node in self._parsed.css("main") if self.words(node)]
        body = self._parsed.body
        return mains[:1] or ([body] if body is not None else [])

    def inside(self, node: LexborNode) -> list[LexborNode]:
        """Its children, text as well, that are text of the page."""
        return [child for child in node.iter(include_text=True) if child.mem_id not in self._beside]

    def text(self, node: LexborNode) -> str:
        """All the text below a node as it stands there."""
        return "".join(self._texts(node))

    def words(self, node: LexborNode) -> str:
        """All the text below a node, in one line."""
        return BLANKS.sub(" ", self.text(node)).strip()

    def rows(self, table: LexborNode) -> list[str]:
        """The rows of a table of data, a line each; none where a table does no more than put things in their place."""
        if len(table.css("table")) > 1:
            return []
        rows = [[self.words(cell) for cell in row.iter() if cell.tag in CELLS] for row in table.css("tr")]
        if max(map(len, rows), default=0) < 2:
            return []
        caption = [words for node in table.css("caption") if (words := self.words(node))]
        return caption + [" | ".join(row) for row in rows if any(row)]

    def _texts(self, node: LexborNode) -> Iterator[str]:
        left = [node]
        while left:
            node = left.pop()
            if node.tag == "-text":
                yield node.text_content or ""
            elif node.tag == "br":
                yield "\n"
            else:
                left.extend(reversed(self.inside(node)))
