"""Text as it is stored: one form of each character, and none that cannot be seen. Knows no format."""

from __future__ import annotations

import re
from unicodedata import normalize

LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control characters, lone surrogates, byte order marks and non-characters break tables; soft hyphens break words;
# tags and overrides of direction hide text from whoever reads the document.
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
BLANKS = re.compile(r"\s+")


def normal(text: str) -> str:
    """NFC, lines ended by a newline, without what cannot be seen."""
    return normalize("NFC", UNSEEN.sub("", LINE_ENDS.sub("\n", text)))


def one_line(text: str, most: int = 160) -> str:
    """A title or heading: its words with single blanks, cut at `most` characters."""
    line = BLANKS.sub(" ", normal(text)).strip()
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def paragraphs(text: str) -> list[str]:
    """What lies between blank lines, never empty; lines end with a newline."""
    return [part.strip("\n").rstrip() for part in BLANK_LINES.split(text) if part.strip()]
