"""The colours of drawings, on light and on dark pages, and how names are written in them. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import commonprefix
from typing import Literal

Dash = Literal["-", "--", "-.", ":"]

INK, PAPER = "#1f2328", "#ffffff"
NIGHT = "#d1d7e0"
"""What ink turns into where a page is dark."""
BLUE = "#0969da"
COLOURS = (BLUE, "#1a7f37", "#bc4c00", "#8250df", "#0f8b8d", "#bf3989")
"""Legible on white and on black."""
GREY = "#818b98"
DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":")
"""Tell lines apart that share a colour."""
SHADE = 0.6
"""How opaque the fullest cell of a heat map is: numbers in ink stay legible on it, light or dark."""
LONGEST = 26
"""Letters of a name in a drawing."""


def short(name: str, longest: int = LONGEST) -> str:
    """A name that fits, its middle left out where it is too long: versions stand at the end."""
    clean = _printable(name)
    if len(clean) <= longest:
        return clean
    head = (longest - 1) * 2 // 3
    return f"{clean[:head]}…{clean[head + 1 - longest :]}"


def distinct(names: Sequence[str], longest: int = LONGEST) -> list[str]:
    """Names that fit and stand beside each other: of those that would look alike, the part in which they differ."""
    shown = {name: short(name, longest) for name in names}
    for alike in _alike(shown):
        shown |= _apart(alike, longest)
    return [shown[name] for name in names]


def _alike(shown: Mapping[str, str]) -> list[list[str]]:
    """The names that look like another."""
    found: dict[str, list[str]] = {}
    for name, label in shown.items():
        found.setdefault(label, []).append(name)
    return [names for names in found.values() if len(names) > 1]


def _apart(names: Sequence[str], longest: int) -> dict[str, str]:
    """Each with what surrounds the place where they differ."""
    head = len(commonprefix(names))
    tail = len(commonprefix([name[head:][::-1] for name in names]))
    shown = {}
    for name in names:
        before = max(longest - 2 - (len(name) - head - tail), 0) * 2 // 3
        start = max(head - before, 0)
        shown[name] = f"…{_printable(name)[start : start + longest - 2]}…"
    for alike in _alike(shown):
        if len(alike) < len(names):
            shown |= _apart(alike, longest)
    return shown


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def colour(place: int) -> str:
    """Of the series at this place, round and round."""
    return COLOURS[place % len(COLOURS)]


def dash(place: int) -> Dash:
    """Of the series at this place: where colours repeat, lines differ."""
    return DASHES[place // len(COLOURS) % len(DASHES)]
