"""The colours of drawings, on light and on dark pages, and how names are written in them. Draws nothing."""

from __future__ import annotations

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
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    if len(clean) <= longest:
        return clean
    head = (longest - 1) * 2 // 3
    return f"{clean[:head]}…{clean[head + 1 - longest :]}"


def colour(place: int) -> str:
    """Of the series at this place, round and round."""
    return COLOURS[place % len(COLOURS)]


def dash(place: int) -> Dash:
    """Of the series at this place: where colours repeat, lines differ."""
    return DASHES[place // len(COLOURS) % len(DASHES)]
