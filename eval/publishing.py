"""What an evaluation has found, on a terminal and in files. Knows no evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from eval.bench.tables import Sheet, publish
from routers.errors import TableError

STDOUT = Path("-")
WIDTH = 120
"""What every sheet fits in, of usual figures; a narrower terminal wraps the lines rather than losing figures."""


def publish_findings(found: Any, sheets: Sequence[Sheet], lines: Iterable[str], json: Path | None) -> None:
    """Sheets and lines on the terminal, or JSON alone where it goes there (`-`); and JSON to a file.

    TableError, in one line, where the file cannot be written.
    """
    if json is not None:
        written = orjson.dumps(found, option=orjson.OPT_INDENT_2)
        if json == STDOUT:
            print(written.decode())
            return
        write(json, written + b"\n")
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    publish(console, sheets, as_markdown=False)
    print("\n".join(lines))


def write(path: Path, written: bytes) -> None:
    """TableError, in one line, where that cannot be."""
    try:
        path.write_bytes(written)
    except OSError as error:
        raise TableError(f"{path} cannot be written ({error.strerror})") from None
