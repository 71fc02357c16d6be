"""Markdown: sections under its headings; code, tables and lists as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from gateway.retrieval.reading.decoding import encoding_of, strings
from gateway.retrieval.reading.documents import Block, Document, Section
from gateway.retrieval.reading.source import Source
from gateway.retrieval.reading.stretches import divided
from gateway.retrieval.reading.titles import Outline, title_from

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
PROSE = {"paragraph_open", "html_block"}
BREAKS = {"softbreak", "hardbreak"}
LONGEST_HEADING = 500


def read_markdown(source: Source) -> Iterator[Document]:
    """One document, called what its front matter, or else its first heading, says."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # What stands inside a block is taken as it is written, so that only headings are looked into.
    parser.disable("inline")
    parts = divided(strings(source, encoding_of(source, source.charset)))
    start = next(parts, "")
    front = FRONT.match(start)
    titled = FRONT_TITLE.search(front.group(1)) if front else None
    body = start[front.end() :] if front else start
    parsed = ((text, parser.parse(text)) for text in chain([body], parts))
    first = next(parsed)
    title = titled.group(2) if titled else _first_heading(first[1], parser)
    yield Document(source.name, title or title_from(source.name), _sections(chain([first], parsed), parser))


def _sections(parsed: Iterable[tuple[str, list[Token]]], parser: MarkdownIt) -> Iterator[Section]:
    outline = Outline()
    for text, tokens in parsed:
        lines = text.split("\n")
        for token, inside in zip_longest(tokens, tokens[1:]):
            if token.level or token.nesting < 0 or token.map is None:
                continue
            if token.type == "heading_open" and inside is not None:
                outline.enter(int(token.tag[1]), _plain(inside.content, parser))
            elif written := _written(token, lines):
                yield Section(outline.headings, (Block(written, token.type not in PROSE),))


def _written(token: Token, lines: Sequence[str]) -> str:
    """The block as it stands in the file; empty for rules and comments."""
    if token.type == "hr" or token.map is None:
        return ""
    text = "\n".join(lines[slice(*token.map)]).strip("\n").rstrip()
    return COMMENT.sub("", text).strip() if token.type == "html_block" else text


def _first_heading(tokens: Sequence[Token], parser: MarkdownIt) -> str:
    """The first heading of level 1."""
    for token, inside in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open" and token.tag == "h1" and not token.level:
            return _plain(inside.content, parser)
    return ""


def _plain(heading: str, parser: MarkdownIt) -> str:
    """A heading's words without its marks."""
    parts: list[Token] = []
    parser.inline.parse(heading[:LONGEST_HEADING], parser, {}, parts)
    return "".join(" " if part.type in BREAKS else part.content for part in parts)
