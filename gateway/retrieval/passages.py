"""What a search finds: passages of documents, frozen. Knows no store, no encoder and no query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from routers.base import Array


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk of a document.

    document: its URL, or the path of its file as callers may see it. title: what the document is called, and the
    headings the chunk stands under. chunk: its place in the document, from 0. similarity: cosine of query and chunk, on
    the scale of the base encoder whatever its collection was encoded with; NaN where only words were looked for. score:
    in [0, 1], what the passages are ordered by. words: it was among those that full-text search found.
    """

    collection: str
    document: str
    title: str
    chunk: int
    text: str
    similarity: float
    score: float
    words: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Passages, the best first. embedding: (d,) the query under the base encoder; empty where nothing was searched.

    refused: a line for each collection that could not be searched, and why.
    """

    passages: tuple[Passage, ...] = ()
    embedding: Array = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    seconds: float = 0.0
    refused: tuple[str, ...] = ()


class Library(Protocol):
    """Documents that can be searched. A tenant sees collections that are everybody's, and its own."""

    def collections(self, tenant: str) -> Sequence[str]:
        """The names of those that this tenant may search, now; empty where there is no store yet."""

    async def search(self, text: str, tenant: str, among: Sequence[str] | None = None, most: int = 8) -> Found:
        """The best passages in the collections that are `among` these (None: all the tenant may search).

        A name that the tenant may not search is passed over as if it did not exist.
        """
