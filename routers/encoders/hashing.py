"""Words, pairs of words and pieces of words as column numbers, by hashing with numpy. Learns nothing.

Pieces are character n-grams that stay within a word, so that a typo spoils a few columns and leaves the rest.
Digits all read as 0: what matters is that there is a number. Linear in the length of the text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.intp]

_TOKEN = re.compile(r"\w+|[^\w\s]")
_DIGITS = str.maketrans("123456789", "000000000")
_SPACE = 32
_PRIME = np.uint32(0x01000193)


@dataclass(frozen=True, slots=True)
class Space:
    """Columns per kind of feature, in this order (powers of two), and the lengths of the pieces."""

    words: int = 1 << 18
    pairs: int = 1 << 16
    pieces: int = 1 << 16
    shortest: int = 3
    longest: int = 4

    @property
    def size(self) -> int:
        return self.words + self.pairs + self.pieces


def columns_of(text: str, space: Space) -> Columns:
    """The column of every feature of one text, repeated as often as it occurs."""
    return features_of([text], space)[1]


def features_of(texts: Sequence[str], space: Space) -> tuple[Rows, Columns]:
    """Every feature of every text: the number of its text, and its column. All texts go through numpy at once."""
    lowered = [text.lower().translate(_DIGITS) for text in texts]
    tokens = [_TOKEN.findall(text) for text in lowered]
    owner = np.repeat(np.arange(len(texts)), [len(found) for found in tokens])
    hashes = [zlib.crc32(word.encode("utf-8", "replace")) for found in tokens for word in found]
    words = np.array(hashes, dtype=np.uint32)
    together = owner[1:] == owner[:-1]
    pairs = (words[:-1] * np.uint32(31) + _mix(words[1:] + np.uint32(7)))[together]
    piece_owners, pieces = _pieces(lowered, space)
    columns = _mix(np.concatenate([words + np.uint32(1), pairs + np.uint32(2), *pieces]))
    end = len(words) + len(pairs)
    _fold(columns[: len(words)], 0, space.words)
    _fold(columns[len(words) : end], space.words, space.pairs)
    _fold(columns[end:], space.words + space.pairs, space.pieces)
    return np.concatenate([owner, owner[1:][together], *piece_owners]), columns


def _pieces(texts: Sequence[str], space: Space) -> tuple[list[Rows], list[Columns]]:
    """Rolling hashes of all n-grams at once, an array for each length; those with a space inside are left out.

    Every text stands between spaces, so that no n-gram that reaches into the next one survives.
    """
    spaced = [f" {' '.join(text.split())} ".encode("utf-32-le", "replace") for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(text) // 4 for text in spaced])
    letters = np.frombuffer(b"".join(spaced), dtype=np.uint32)
    gaps = letters == _SPACE
    rolling, broken = letters, np.zeros(len(letters), dtype=bool)
    owners, found = [], []
    for length in range(2, min(space.longest, len(letters)) + 1):
        rolling = rolling[:-1] * _PRIME + letters[length - 1 :]
        broken = broken[:-1] | gaps[length - 2 : -1] if length > 2 else broken[:-1]
        if length >= space.shortest:
            whole = ~broken
            owners.append(owner[: len(whole)][whole])
            found.append(rolling[whole] + np.uint32(101 * length))
    return owners, found


def _fold(hashes: Columns, first: int, size: int) -> None:
    """Hashes to the columns from `first` on, where they lie."""
    hashes &= np.uint32(size - 1)
    hashes += np.uint32(first)


def _mix(hashes: Columns) -> Columns:
    """The finalizer of MurmurHash3: every input bit reaches every output bit."""
    mixed: npt.NDArray[Any] = hashes ^ (hashes >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
