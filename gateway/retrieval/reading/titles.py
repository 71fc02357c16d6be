"""What a document and its parts are called: titles, and the headings that stand over a place. Knows no format."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from gateway.retrieval.reading.normal import one_line


class Outline:
    """The headings over the place that a reader has come to."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, heading: str) -> None:
        """A heading of this level (1 is the outermost), which ends those of its own level and below."""
        self._open = [(above, text) for above, text in self._open if above < level]
        if line := one_line(heading):
            self._open.append((level, line))

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._open)


def title_from(name: str) -> str:
    """A title for what bears none: the last part of its path or URL, without the suffix."""
    path = unquote(urlsplit(name).path) if "://" in name else name.replace("\\", "/")
    return one_line(PurePosixPath(path).stem.replace("_", " ").replace("-", " ")) or one_line(name)
