"""The nearest of many rows, exactly and without an index: tens of thousands are a millisecond's work."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from routers.base import Array

CELLS = 4_000_000
"""How many numbers of one kind are held at once."""
CHUNK = 32


def nearest(rows: Array, known: Array, count: int, cells: int = 1) -> Iterator[tuple[slice, Array, Array]]:
    """Block by block of rows (n, d): which, the places (b, k) in known (N, d) of the nearest, and their products.

    cells: how many numbers the caller looks up at each place; it bounds the blocks.
    """
    count = min(count, len(known))
    size = max(1, CELLS // max(len(known), count * cells))
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        products = rows[part] @ known.T
        places = greatest(products, count)
        yield part, places, np.take_along_axis(products, places, axis=1)


def greatest(values: Array, count: int) -> Array:
    """(b, count) the places of the greatest in each row of values (b, N), in no order.

    The greatest of `count` chunks are `count` values, so none below the least of these can be among the greatest:
    what is left to partition is a few per cent.
    """
    b, n = values.shape
    chunks = n // CHUNK
    if chunks < 2 * count:
        return np.argpartition(values, n - count, axis=1)[:, n - count :]
    tops = values[:, : chunks * CHUNK].reshape(b, chunks, CHUNK).max(axis=2)
    floors = np.partition(tops, chunks - count, axis=1)[:, chunks - count]
    found = np.empty((b, count), dtype=np.intp)
    for place, (row, floor) in enumerate(zip(values, floors, strict=True)):
        left = np.flatnonzero(row >= floor)
        found[place] = left[np.argpartition(row[left], len(left) - count)[len(left) - count :]]
    return found
