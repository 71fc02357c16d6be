"""Chunks as the store has them: their columns, and what a query of it found. Knows no engine and no fusion."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from routers.base import Array

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = ("id", "document", "chunk", "title", "body", "vector")
"""The columns that a query brings back."""


def chunk_schema(width: int) -> pa.Schema:
    """One row a chunk. id: of the document, digest: of its text, both hex. body: the title, a line break, the text."""
    import pyarrow as pa  # 34 MB, which a gateway without documents can do without

    texts = [(name, pa.string()) for name in ("id", "source", "document", "digest", "title", "body")]
    return pa.schema([*texts, ("chunk", pa.int32()), ("vector", pa.list_(pa.float32(), width))])


def document_id(source: str, document: str) -> str:
    """Of a document within what it was read from, in one store: 32 hex digits."""
    return blake2b(f"{source}\0{document}".encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Columns, the best chunk first. (id, chunk) names a chunk within its collection; id: of the document.

    document: the path or URL. chunk: (n,) its place in the document. vector: (n, d) float32. score: (n,).
    """

    id: list[str]
    document: list[str]
    chunk: Array
    title: list[str]
    text: list[str]
    vector: Array
    score: Array

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def none(cls, width: int) -> Self:
        nothing = np.zeros(0, dtype=np.float32)
        return cls([], [], np.zeros(0, dtype=np.int32), [], [], np.zeros((0, width), dtype=np.float32), nothing)

    @classmethod
    def of(cls, found: Any, score: Array) -> Self:
        """From an arrow table with the columns of SHOWN."""
        titles = found["title"].to_pylist()
        bodies = found["body"].to_pylist()
        vectors = found["vector"].combine_chunks()
        return cls(
            found["id"].to_pylist(),
            found["document"].to_pylist(),
            found["chunk"].to_numpy(),
            titles,
            [body[len(title) + 1 :] for title, body in zip(titles, bodies, strict=True)],
            vectors.flatten().to_numpy().reshape(len(bodies), vectors.type.list_size),
            score,
        )
