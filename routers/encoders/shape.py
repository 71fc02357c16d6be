"""The shape of a query: how long, how many options, how much of it digits and symbols. Learns nothing, knows no word.

How hard a question is shows in its form as well: ten short options are not four long ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p

import numpy as np

from routers.base import Array

NAMES = (
    "length",
    "words",
    "digits",
    "symbols",
    "capitals",
    "lines",
    "question marks",
    "blanks",
    "options",
    "option length",
    "option spread",
    "option digits",
    "option of options",
    "ends in a question",
)
CHARACTERS = 4000
"""A longer text is judged by its beginning and its end: options stand at the end."""
_OPTION = re.compile(r"^\(?[A-Z][.):]\s+(.*)$", re.MULTILINE)
_DIGIT, _SYMBOL, _CAPITAL = re.compile(r"\d"), re.compile(r"[-+*/=^<>$\\{}()]"), re.compile(r"\b[A-Z]")
_OF_OPTIONS = re.compile(r"\b(?:all|none|both|neither) of\b|\babove\b", re.IGNORECASE)
_CENTRE = np.array([5.1, 3.3, 0.03, 0.03, 0.15, 0.2, 0.7, 0.1, 6.0, 4.0, 1.6, 0.15, 0.05, 0.6], dtype=np.float32)
_WIDTH = np.array([0.9, 0.9, 0.05, 0.04, 0.12, 0.6, 0.6, 0.5, 4.0, 2.2, 1.5, 0.25, 0.2, 0.5], dtype=np.float32)


def shapes(texts: Sequence[str]) -> Array:
    """(n, len(NAMES)) float32, roughly centred and of unit width over exam questions, cut at four widths."""
    raw = np.array([_shape(text) for text in texts], dtype=np.float32).reshape(-1, len(NAMES))
    scaled: Array = np.clip((raw - _CENTRE) / _WIDTH, -4, 4)
    return scaled


def _shape(text: str) -> tuple[float, ...]:
    if len(text) > CHARACTERS:
        text = text[: CHARACTERS // 2] + text[-CHARACTERS // 2 :]
    options = _OPTION.findall(text)
    first = _OPTION.search(text)
    stem = text[: first.start()].rstrip() if first else text
    length = max(1, len(stem))
    joined = " ".join(options)
    lengths = [len(option) for option in options] or [0]
    return (
        log1p(len(stem)),
        log1p(stem.count(" ")),
        len(_DIGIT.findall(stem)) / length,
        len(_SYMBOL.findall(stem)) / length,
        len(_CAPITAL.findall(stem)) / (1 + stem.count(" ")),
        log1p(stem.strip().count("\n")),
        min(4, stem.count("?")),
        min(4, stem.count("__")),
        min(12, len(options)),
        log1p(len(joined)),
        log1p(max(lengths) - min(lengths)),
        len(_DIGIT.findall(joined)) / max(1, len(joined)),
        float(bool(_OF_OPTIONS.search(joined))),
        float(stem.rstrip().endswith("?")),
    )
