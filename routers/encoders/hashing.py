"""Words, pairs of words and pieces of words as column numbers, by hashing with numpy. Learns nothing.

Pieces are character n-grams that stay within a word, so that a typo spoils a few columns and leaves the rest.
Digits all read as 0: what matters is that there is a number. Linear in the length of the text.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = npt.NDArray[np.uint32]

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
    """The column of every feature of a text, repeated as often as it occurs."""
    text = text.lower().translate(_DIGITS)
    words = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in _TOKEN.findall(text)], dtype=np.uint32)
    found = [_fold(words, 1, space.words)]
    found.append(_fold(words[:-1] * np.uint32(31) + _mix(words[1:], 7), 2, space.pairs) + np.uint32(space.words))
    found.extend(_pieces(text, space))
    return np.concatenate(found)


def _pieces(text: str, space: Space) -> list[Columns]:
    """Rolling hashes of all n-grams at once; those with a space inside are left out."""
    spaced = f" {' '.join(text.split())} ".encode("utf-32-le", "replace")
    letters = np.frombuffer(spaced, dtype=np.uint32)
    gaps = letters == _SPACE
    rolling, broken, found = letters, np.zeros(len(letters), dtype=bool), []
    for length in range(2, min(space.longest, len(letters)) + 1):
        rolling = rolling[:-1] * _PRIME + letters[length - 1 :]
        broken = broken[:-1] | gaps[length - 2 : -1] if length > 2 else broken[:-1]
        if length >= space.shortest:
            columns = _fold(rolling[~broken], 101 * length, space.pieces)
            found.append(columns + np.uint32(space.words + space.pairs))
    return found


def _fold(hashes: Columns, seed: int, size: int) -> Columns:
    return _mix(hashes, seed) & np.uint32(size - 1)


def _mix(hashes: Columns, seed: int) -> Columns:
    """The finalizer of MurmurHash3: every input bit reaches every output bit."""
    mixed: npt.NDArray[Any] = hashes + np.uint32(seed)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
