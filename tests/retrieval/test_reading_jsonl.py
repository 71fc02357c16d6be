"""JSON lines: a document a line; bad lines are named and left out."""

from __future__ import annotations

import json

import pytest

from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.jsonl import MOST_LINE
from tests.retrieval.sources import chunks_of, parts_of


def lines(*rows: object) -> str:
    return "\n".join(json.dumps(row) for row in rows) + "\n"


def test_each_line_is_a_document_called_by_its_url_or_id_or_line() -> None:
    rows = [
        {"text": "One.", "id": "a", "title": "First"},
        {"content": "Two.", "url": "http://x/y"},
        {"body": "Three."},
        {"text": "Four.", "_id": 7},
    ]
    found = chunks_of("docs/c.jsonl", lines(*rows))
    assert [(chunk.document, chunk.title, chunk.text, chunk.place) for chunk in found] == [
        ("docs/c.jsonl#a", "First", "One.", 0),
        ("http://x/y", "c", "Two.", 0),
        ("docs/c.jsonl#3", "c", "Three.", 0),
        ("docs/c.jsonl#7", "c", "Four.", 0),
    ]


def test_bad_lines_are_named_with_their_numbers_and_the_rest_is_taken() -> None:
    content = lines({"text": "Good."}) + "not json\n\n[1]\n" + lines({"text": " "}, {"text": 3}, {"text": "Also good."})
    chunks, skipped = parts_of("c.jsonl", content)
    assert [chunk.text for chunk in chunks] == ["Good.", "Also good."]
    assert [part.name for part in skipped] == [f"c.jsonl:{number}" for number in (2, 4, 5, 6)]
    assert skipped[0].why.startswith("not JSON: ") and all("`text`" in part.why for part in skipped)


def test_a_line_without_end_is_passed_over() -> None:
    content = lines({"text": "Good."}) + '{"text": "' + "x" * MOST_LINE + '"}\n' + lines({"text": "Also good."})
    chunks, skipped = parts_of("c.jsonl", content)
    assert [chunk.text for chunk in chunks] == ["Good.", "Also good."]
    assert [(part.name, part.why) for part in skipped] == [
        ("c.jsonl:2", "the line is longer than 16 MB; divide the document")
    ]


@pytest.mark.parametrize("over", [-1, 0, 1, 2])
def test_a_line_of_just_about_the_longest_length_is_followed_by_the_next(over: int) -> None:
    content = '{"text": "Long."}'.ljust(MOST_LINE + over) + "\n" + lines({"text": "Next."})
    chunks, skipped = parts_of("c.jsonl", content)
    assert [chunk.text for chunk in chunks] == (["Long.", "Next."] if over <= 0 else ["Next."])
    assert [part.name for part in skipped] == ([] if over <= 0 else ["c.jsonl:1"])


def test_a_file_without_any_document_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"c\.jsonl: none of its first 100 lines is a document; a line wants"):
        parts_of("c.jsonl", '{"question": 1}\n' * 500)
    with pytest.raises(Unreadable, match=r"c\.jsonl: holds no text"):
        parts_of("c.jsonl", "[\n]\n")


def test_strange_characters_come_through_or_are_left_out() -> None:
    content = '\ufeff{"text": "a\\u0000b\\r\\nc", "title": "x\\ny"}\n'
    (chunk,) = chunks_of("c.jsonl", content)
    assert (chunk.title, chunk.text) == ("x y", "ab\nc")
    _, skipped = parts_of("c.jsonl", lines({"text": "Good."}) + '{"text": "\\ud800"}\n')
    assert [part.name for part in skipped] == ["c.jsonl:2"]
