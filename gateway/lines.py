"""A JSONL file that a command appends to, so that it can be stopped and started again. Knows no column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from gateway.types import Json


def lines_in(path: Path) -> Iterator[Json]:
    """Its rows; a line that was cut off is none, and no more is a file that is not there."""
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(row, dict):
            yield row


def append(path: Path, row: Json) -> None:
    """A line of its own, also after one that was cut off."""
    with path.open("ab+") as file:
        if file.tell() and (file.seek(-1, 2), file.read(1))[1] != b"\n":
            file.write(b"\n")
        file.write(orjson.dumps(row) + b"\n")
