"""Chunks: nothing lost, nothing twice, never too long, divided where the text is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.retrieval.chunking import Chunk, chunks
from gateway.retrieval.packing import size
from gateway.retrieval.reading.documents import Block, Document, Section
from gateway.retrieval.reading.normal import normal
from tests.retrieval.sources import chunks_of, letters, titled

LIMIT = 60
BODY = "abcdefg hij.!?。é漢字\n\n\n"
HEADINGS = st.lists(st.text("XYZ", min_size=1, max_size=4), max_size=3).map(tuple)
BLOCKS = st.lists(st.builds(Block, st.text(BODY, max_size=200), st.booleans()), max_size=4).map(tuple)
SECTIONS = st.lists(st.builds(Section, HEADINGS, BLOCKS), max_size=8)
ANYTHING = st.lists(st.builds(Section, st.just(()), st.lists(st.builds(Block, st.text()), max_size=3).map(tuple)))


def body(text: str) -> str:
    """Letters of the text proper: headings are written in letters of their own."""
    return letters(text.translate(str.maketrans("", "", "XYZ")))


def cut(sections: list[Section], limit: int = LIMIT) -> list[Chunk]:
    return list(chunks(Document("name", "Title", sections), limit))


@given(SECTIONS)
def test_no_letter_is_lost_doubled_or_out_of_place(sections: list[Section]) -> None:
    said = "".join(block.text for section in sections for block in section.blocks)
    assert body("".join(chunk.text for chunk in cut(sections))) == letters(normal(said))


@given(ANYTHING, st.integers(5, 100))
def test_any_text_at_all_comes_through(sections: list[Section], limit: int) -> None:
    found = cut(sections, limit)
    said = "".join(letters(normal(block.text)) for section in sections for block in section.blocks)
    assert letters("".join(chunk.text for chunk in found)) == said
    "".join(chunk.text + chunk.title for chunk in found).encode()


@given(SECTIONS)
def test_no_chunk_is_empty_or_too_long(sections: list[Section]) -> None:
    for chunk in cut(sections):
        assert chunk.text.strip() and size(chunk.text) <= LIMIT and len(chunk.text) <= LIMIT


def test_what_stands_between_paragraphs_counts_as_well() -> None:
    for first in range(30, LIMIT + 1):
        for second in range(1, 30):
            blocks = (Block("x" * first), Block("y" * second))
            assert max(len(chunk.text) for chunk in cut([Section((), blocks)])) <= LIMIT


@given(SECTIONS)
def test_chunks_are_numbered_and_always_the_same(sections: list[Section]) -> None:
    found = cut(sections)
    assert [chunk.place for chunk in found] == list(range(len(found)))
    assert found == cut(sections)


@given(SECTIONS)
def test_a_chunk_stands_under_the_headings_of_its_title(sections: list[Section]) -> None:
    """Every heading over a piece of text is in its chunk's title, or with the text itself."""
    places = {section.headings for section in sections}
    for chunk in cut(sections):
        path = tuple(chunk.title.split(" › ")[1:])
        assert path in places or any(place[:-1] == path for place in places if place)


@given(SECTIONS)
def test_only_small_sections_of_one_parent_share_a_chunk(sections: list[Section]) -> None:
    for chunk in cut(sections):
        path = tuple(chunk.title.split(" › ")[1:])
        inside = [section for section in sections if section.headings == path]
        if not inside:
            assert size(chunk.text) <= LIMIT and any(letter in chunk.text for letter in "XYZ")


def test_size_counts_short_words_and_wide_characters_for_more() -> None:
    assert size("x" * 10) == 10
    assert size("a b c d") == 20
    assert size("漢字") == 8


def test_a_long_paragraph_ends_at_sentences() -> None:
    sentence = "Every sentence here is of much the same length as all of the others. "
    found = chunks_of("x.txt", sentence * 40)
    assert len(found) == 4
    assert all(chunk.text.endswith("others.") and chunk.text.startswith("Every") for chunk in found)


def test_rows_are_divided_between_lines_before_sentences() -> None:
    rows = "\n".join(f"| {number} | Mr. Smith of St. Ives. He is here. |" for number in range(60))
    for chunk in chunks_of("x.md", "| a | b |\n|---|---|\n" + rows):
        assert all(line.startswith("|") and line.endswith("|") for line in chunk.text.split("\n"))


def test_a_last_chunk_is_not_left_short() -> None:
    found = chunks_of("x.txt", "Some sentence of thirty signs. " * 30)
    lengths = [len(chunk.text) for chunk in found]
    assert len(lengths) == 2 and min(lengths) > 300


def test_small_sections_share_a_chunk_under_their_parent() -> None:
    found = chunks_of("faq.md", "# FAQ\n\n## Is it free?\n\nYes.\n\n## Is it fast?\n\nVery.\n\n# More\n\nThe end.")
    assert titled(found) == [
        ("FAQ", "Is it free?\nYes.\n\nIs it fast?\nVery."),
        ("FAQ › More", "The end."),
    ]


def test_titles_are_one_line_and_not_endless() -> None:
    sections = [Section(("A\nheading " * 50, "Inner" * 100), (Block("Words."),))]
    (found,) = chunks(Document("name", " A \n title\x00 ", sections))
    assert found.title.startswith("A title › A heading") and len(found.title) <= 200 and "\n" not in found.title
