"""What is written about the invented islands: a document for each thing, in Markdown, HTML or plain text."""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eval.bench.knowledge.kinds import Vocabulary
from eval.bench.knowledge.world import Fact, Thing, World, capital

OPENING_TALK, FACT_TALK, ASIDE_TALK = 4, (3, 4), 5
"""Sentences beside what is said of the thing itself."""
TABLES = 3
"""Every so many-th document has a table with figures nobody asks for."""
RELATED = 4
SUFFIXES = ("md", "html", "md", "html", "md", "txt")
"""In turn. Plain text has headings that nobody can tell from its paragraphs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. table: rows, the first of them the head. listed: names of other things."""

    head: str
    text: str
    table: tuple[tuple[str, ...], ...] = ()
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A document before it is written in a format."""

    title: str
    opening: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file and the facts that stand in it."""

    name: str
    text: str
    facts: tuple[Fact, ...]


def documents_of(world: World, vocabulary: Vocabulary, seed: int) -> Iterator[Document]:
    """One for each thing; the same for the same world and seed."""
    chance = random.Random(seed)
    for number, thing in enumerate(world.things):
        page = _Writer(thing, world, vocabulary, chance).page(number)
        suffix = SUFFIXES[number % len(SUFFIXES)]
        name = thing.name.casefold().replace(" ", "-")
        yield Document(f"{name}.{suffix}", FORMATS[suffix](page), thing.facts)


class _Writer:
    def __init__(self, thing: Thing, world: World, vocabulary: Vocabulary, chance: random.Random) -> None:
        self._thing = thing
        self._world = world
        self._words = vocabulary
        self._chance = chance
        self._same_kind = [other.name for other in world.things if other.kind == thing.kind and other != thing]
        self._talk = self._shuffled([*thing.kind.talk, *vocabulary.talk])

    def page(self, number: int) -> Page:
        facts = self._shuffled(self._thing.facts)
        sections = [Section(fact.head, self._around(fact)) for fact in facts]
        place = self._chance.randrange(1, len(sections))
        sections.insert(place, self._aside(number))
        opening = " ".join(
            map(self._filled, [self._chance.choice(self._thing.kind.opening), *self._some(OPENING_TALK)])
        )
        return Page(capital(self._thing.name), opening, tuple(sections))

    def _around(self, fact: Fact) -> str:
        """The fact among sentences that say nothing of it, in the first half so that it is read with its heading."""
        talk = [self._filled(sentence) for sentence in self._some(self._chance.randint(*FACT_TALK))]
        talk.insert(self._chance.randint(0, 2), fact.said)
        return " ".join(talk)

    def _aside(self, number: int) -> Section:
        head = self._chance.choice(self._words.heads_aside)
        text = " ".join(self._filled(sentence) for sentence in self._some(ASIDE_TALK))
        table = self._table() if number % TABLES == 0 else ()
        return Section(head, text, table, tuple(self._chance.sample(self._same_kind, RELATED)))

    def _table(self) -> tuple[tuple[str, ...], ...]:
        years = sorted(self._chance.sample(range(1900, 1990), 4))
        rows = [(str(year), str(self._chance.randint(1000, 9000)), self._pick(self._words.weathers)) for year in years]
        return (("Year", "Visitors", "Weather"), *rows)

    def _filled(self, sentence: str) -> str:
        return capital(
            sentence.format(
                n=self._thing.name,
                town=self._pick(self._world.towns),
                island=self._pick(self._world.islands),
                person=self._pick(self._world.people),
                season=self._pick(self._words.seasons),
                trade=self._pick(self._words.trades),
                weather=self._pick(self._words.weathers),
                distance=self._chance.randint(3, 40),
                other=self._pick(self._same_kind),
            )
        )

    def _some(self, count: int) -> list[str]:
        """The next sentences; all are used once before one comes again."""
        if len(self._talk) < count:
            self._talk += self._shuffled([*self._thing.kind.talk, *self._words.talk])
        taken, self._talk = self._talk[:count], self._talk[count:]
        return taken

    def _pick(self, among: Sequence[str]) -> str:
        return self._chance.choice(among)

    def _shuffled(self, among: Sequence[T]) -> list[T]:
        return self._chance.sample(among, len(among))


def markdown(page: Page) -> str:
    """With headings, tables and lists."""
    lines = [f"# {page.title}", "", page.opening, ""]
    for section in page.sections:
        lines += [f"## {section.head}", "", section.text, ""]
        if section.table:
            head, *rows = (f"| {' | '.join(row)} |" for row in section.table)
            lines += [head, "|" + " --- |" * len(section.table[0]), *rows, ""]
        if section.listed:
            lines += ["See also:", "", *(f"- {capital(name)}" for name in section.listed), ""]
    return "\n".join(lines)


def web_page(page: Page) -> str:
    """The same as HTML."""
    title = html.escape(page.title)
    parts = [f"<h1>{title}</h1>", f"<p>{html.escape(page.opening)}</p>"]
    for section in page.sections:
        parts += [f"<h2>{html.escape(section.head)}</h2>", f"<p>{html.escape(section.text)}</p>"]
        if section.table:
            rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in section.table)
            parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        if section.listed:
            named = "".join(f"<li>{html.escape(capital(name))}</li>" for name in section.listed)
            parts += ["<p>See also:</p>", f"<ul>{named}</ul>"]
    body = "\n".join(parts)
    return f"<!doctype html>\n<html><head><title>{title}</title></head>\n<body>\n{body}\n</body></html>\n"


def plain(page: Page) -> str:
    """Titles underlined, columns by blanks."""
    lines = [page.title, "=" * len(page.title), "", page.opening, ""]
    for section in page.sections:
        lines += [section.head, "-" * len(section.head), "", section.text, ""]
        lines += ["  ".join(f"{cell:<10}" for cell in row).rstrip() for row in section.table]
        lines += ["", "See also: " + "; ".join(section.listed), ""] if section.listed else []
    return "\n".join(lines)


FORMATS: dict[str, Callable[[Page], str]] = {"md": markdown, "html": web_page, "txt": plain}
