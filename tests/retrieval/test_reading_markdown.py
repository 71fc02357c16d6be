"""Markdown: headings, blocks that stay whole, front matter, and long files in stretches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.stretches import MOST, divided
from tests.retrieval.sources import chunks_of, letters, titled

WORDS = "Each of these sections is long enough not to share its chunk with any of its neighbours in the file. " * 4


def test_sections_stand_under_all_their_headings() -> None:
    text = f"# Guide\n\n{WORDS}\n\n## Install\n\n{WORDS}\n\n### Linux\n\n{WORDS}\n\n## Use\n\n{WORDS}"
    assert [chunk.title for chunk in chunks_of("guide.md", text)] == [
        "Guide",
        "Guide › Install",
        "Guide › Install › Linux",
        "Guide › Use",
    ]


def test_headings_lose_their_marks_and_underlined_ones_count() -> None:
    text = f"The *big* [guide](http://a.b) to `x`\n====\n\n{WORDS}\n\nPart\n---\n\n{WORDS}"
    assert [chunk.title for chunk in chunks_of("x.md", text)] == ["The big guide to x", "The big guide to x › Part"]


def test_code_is_not_taken_for_headings_and_keeps_its_lines() -> None:
    code = "```sh\n# no heading\n\n  make it\n```"
    (chunk,) = chunks_of("x.md", f"# A\n\nBefore.\n\n{code}\n\nAfter.")
    assert chunk.text == f"Before.\n\n{code}\n\nAfter."


def test_a_table_that_does_not_fit_beside_text_begins_a_chunk_of_its_own() -> None:
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| row {number} | value {number} |" for number in range(20))
    chunks = chunks_of("x.md", f"# A\n\n{WORDS}\n\n{table}\n\nAfter.")
    assert any(chunk.text.startswith("| a | b |") and "row 19" in chunk.text for chunk in chunks)


def test_front_matter_names_the_document_and_is_no_text() -> None:
    (chunk,) = chunks_of("x.md", "---\ntitle: 'Sea otters'\ndate: 2020-01-01\n---\nThey float.\n")
    assert titled([chunk]) == [("Sea otters", "They float.")]


def test_comments_and_rules_are_left_out() -> None:
    (chunk,) = chunks_of("x.md", "One.\n\n<!-- a\n\nnote -->\n\n---\n\nTwo.\n\n<div>\nThree.\n</div>")
    assert chunk.text == "One.\n\nTwo.\n\n<div>\nThree.\n</div>"


@pytest.mark.parametrize("text", ["[a]: http://x", "# Alone", "<!-- note -->", "---\ntitle: x\n---\n"])
def test_a_file_with_nothing_under_its_headings_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match=r"x\.md: holds no text"):
        chunks_of("x.md", text)


def test_a_file_without_headings_is_called_by_its_name() -> None:
    assert titled(chunks_of("docs/sea_otters.md", "They float.")) == [("sea otters", "They float.")]


def test_a_long_file_is_divided_where_headings_are() -> None:
    section = "# Heading\n\n```\n# not here\n```\n\n" + "Words of it. " * 400 + "\n\n"
    text = section * (3 * MOST // len(section))
    stretches = list(divided(text[start : start + 60_000] for start in range(0, len(text), 60_000)))
    assert "".join(stretches) == text and len(stretches) > 2
    assert all(stretch.startswith("# Heading") and len(stretch) < MOST + 60_000 for stretch in stretches)


def test_a_long_file_without_headings_is_divided_all_the_same() -> None:
    for text in ("word " * (MOST // 3), "x" * 2 * MOST, "~~~\n" + "# code\n" * (MOST // 5), "a\n\n" * (MOST // 2)):
        stretches = list(divided(text[start : start + 60_000] for start in range(0, len(text), 60_000)))
        assert "".join(stretches) == text and max(map(len, stretches)) < MOST + 60_000


@given(st.text("# \n`*-|>ab[]():\t<!", max_size=300))
def test_whatever_markdown_there_is_its_letters_come_through(text: str) -> None:
    chunks = chunks_of("x.md", f"Start.\n\n{text}\n\n")
    assert chunks[0].text.startswith("Start.")
    assert len(letters("".join(chunk.text for chunk in chunks))) <= len(letters(text)) + 6
