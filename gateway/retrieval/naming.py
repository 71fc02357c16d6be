"""What a document is called towards those who ask: no caller learns where on this machine a file lies."""

from __future__ import annotations

from pathlib import Path

from gateway.retrieval.fetching import is_url


def shown(document: str, home: Path) -> str:
    """Relative to `home` where it lies in there; of any other file its folder's name and its own; a URL as it is.

    A line of a JSONL keeps its number or id after the `#`.
    """
    if is_url(document) or not document.startswith("/"):
        return document
    name, mark, part = document.partition("#")
    path = Path(name)
    short = path.relative_to(home) if path.is_relative_to(home) else Path(*path.parts[-2:])
    return f"{short.as_posix().lstrip('/')}{mark}{part}"
