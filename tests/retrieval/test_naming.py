"""No caller learns where on the gateway's machine a file lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.retrieval.naming import shown

HOME = Path("/srv/gateway")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("/srv/gateway/docs/guide.md", "docs/guide.md"),
        ("/home/ann/secret project/notes/guide.md", "notes/guide.md"),
        ("/guide.md", "guide.md"),
        ("/srv/gateway/lines.jsonl#a/b", "lines.jsonl#a/b"),
        ("https://example.com/a#b", "https://example.com/a#b"),
        ("paper-17", "paper-17"),
    ],
)
def test_a_document_is_called_by_the_end_of_its_path(document: str, told: str) -> None:
    assert shown(document, HOME) == told
