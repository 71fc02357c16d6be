"""The lines of an input file: as bytes, with their numbers, never more of them in memory than asked for. Blocks.

Knows that a line is JSON with a custom_id; what else it must hold is for `gateway/wire/batch_line.py` to say.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson

BOM = b"\xef\xbb\xbf"
WINDOW_LINES = 256
WINDOW_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds something. `number` counts every line from 1; `raw` is None where it is too long."""

    number: int
    raw: bytes | None
    parsed: Any
    """What the JSON says; None where it is none."""

    @property
    def size(self) -> int:
        return len(self.raw or b"")

    @property
    def custom_id(self) -> str | None:
        """Its name, as far as one can be made out."""
        named = self.parsed.get("custom_id") if isinstance(self.parsed, dict) else None
        return named if isinstance(named, str) else None


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look through a whole file has shown: lines that hold something, the last number, names given twice."""

    total: int
    last: int
    twice: frozenset[int]


def lines_of(path: Path, longest: int) -> Iterator[Line]:
    """Every line that holds more than white space; longest: bytes. OSError where the file cannot be read."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(longest + 2):
            number += 1
            whole = _whole(file, raw, longest)
            text = raw.removeprefix(BOM).strip() if number == 1 else raw.strip()
            if not whole:
                yield Line(number, None, None)
            elif text:
                yield Line(number, text, _parsed(text))


def survey(path: Path, longest: int) -> Survey:
    """Eight bytes a line are kept for finding names that are given twice, and only for as long as this takes."""
    total = last = 0
    names = array("Q")
    for line in lines_of(path, longest):
        total, last = total + 1, line.number
        if line.custom_id is not None:
            names.append(digest(line.custom_id))
    known, counts = np.unique(np.frombuffer(names, dtype=np.uint64), return_counts=True)
    return Survey(total, last, frozenset(known[counts > 1].tolist()))


def digest(name: str) -> int:
    """64 bits, so that among a million names a false alarm is as likely as one in thirty million."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class Reading:
    """Goes through a file once, a window at a time; says of a name that is given twice where it was first."""

    def __init__(self, path: Path, longest: int, twice: frozenset[int]) -> None:
        self._lines = lines_of(path, longest)
        self._twice = twice
        self._first: dict[int, int] = {}

    def window(self) -> list[tuple[Line, int | None]]:
        """The next lines, each with the number of the line that had its name before; empty at the end."""
        window: list[tuple[Line, int | None]] = []
        size = 0
        for line in self._lines:
            window.append((line, self._before(line)))
            size += line.size
            if len(window) >= WINDOW_LINES or size >= WINDOW_BYTES:
                break
        return window

    def _before(self, line: Line) -> int | None:
        if not self._twice or line.custom_id is None:
            return None
        name = digest(line.custom_id)
        if name not in self._twice:
            return None
        first = self._first.setdefault(name, line.number)
        return None if first == line.number else first


def _whole(file: BinaryIO, raw: bytes, longest: int) -> bool:
    """Whether that was the whole line; of one that is too long the rest is passed over."""
    if raw.endswith(b"\n") or len(raw) <= longest:
        return len(raw.rstrip(b"\r\n")) <= longest
    while (more := file.readline(WINDOW_BYTES)) and not more.endswith(b"\n"):
        pass
    return False


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
