"""Paraphrases that somebody has written down: a table with the columns query_id and text. Knows no rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from routers.errors import TableError
from routers.questions import some
from routers.tabular import read_columns, strings

Paraphrases = Mapping[str, tuple[str, ...]]
"""By query id; a question may have several."""


def read_paraphrases(path: Path, query_ids: Sequence[str]) -> Paraphrases:
    """Of these questions; TableError, in one line, where the file cannot be read or has none of them."""
    table = read_columns(path, ("query_id", "text"))
    asked, texts = (strings(table, name, path).to_pylist() for name in ("query_id", "text"))
    known, found = set(query_ids), dict[str, list[str]]()
    for query_id, text in zip(asked, texts, strict=True):
        if query_id in known and text.strip():
            found.setdefault(query_id, []).append(text)
    if not found:
        raise TableError(f"{path} has no paraphrase of these questions; its query_ids are {some(asked)}")
    return {query_id: tuple(several) for query_id, several in found.items()}
