"""Rows that no database took before the process ended, kept in a file until the next start.

Knows no database. A file is there whole or not at all; several workers may read the same one back, since rows that
are already written are left as they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from gateway.store.entries import Entry
from gateway.store.rows import Row
from gateway.store.tables import RECORDS, TEXTS


def spill(folder: Path, label: str, entries: Sequence[Entry]) -> Path:
    """Writes them as JSON lines, readable by the owner alone, and flushed to the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{label}.{uuid4().hex}.spill.jsonl"
    unfinished = path.with_suffix(".tmp")
    try:
        with open(unfinished, "wb", opener=_private) as file:
            file.writelines(_line(entry) for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return path


def spilled(folder: Path, label: str) -> list[Path]:
    """The files of earlier processes."""
    return sorted(folder.glob(f"{label}.*.spill.jsonl"))


def read(path: Path) -> Iterator[Entry]:
    """Its entries. A column that has come since then is empty, one that has gone is left out."""
    with open(path, "rb") as file:
        yield from map(_entry, file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(entry: Entry) -> bytes:
    record = dict(zip(RECORDS.columns.keys(), entry.record, strict=True))
    words = None if entry.words is None else dict(zip(TEXTS.columns.keys(), entry.words, strict=True))
    line = {"record": record, "words": words}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY)


def _entry(line: bytes) -> Entry:
    parts: dict[str, Any] = orjson.loads(line)
    words = parts["words"]
    return Entry(
        _row(parts["record"], RECORDS.columns.keys()),
        None if words is None else _row(words, TEXTS.columns.keys()),
    )


def _row(values: dict[str, Any], columns: Sequence[str]) -> Row:
    return tuple(values.get(name) for name in columns)
