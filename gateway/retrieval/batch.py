"""Chunks on their way into the store: encoded some at a time, kept on disk until they are committed together.

Memory holds what is being encoded, however large the batch or a document grows. Knows no engine and no format.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from gateway.retrieval.hits import chunk_schema
from routers.base import Array

AT_ONCE = 64
"""Chunks that are encoded together."""


class Encoder(Protocol):
    """Texts to rows of length one."""

    @property
    def width(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Array:
        """(n, width) float32."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A document in chunks, (title, text) each. id: in the store. digest: of its text."""

    id: str
    source: str
    name: str
    digest: str
    chunks: Sequence[tuple[str, str]]


class Batch:
    """Whole documents, encoded. `room`: the folder of the temporary file, which vanishes with the process."""

    def __init__(self, encoder: Encoder, room: Path) -> None:
        self._encoder = encoder
        self._schema = chunk_schema(encoder.width)
        self._file = TemporaryFile(dir=room)
        self._writer = pa.ipc.new_stream(self._file, self._schema)
        self._waiting: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.chunks = 0

    async def add(self, document: Whole) -> None:
        """Encode it, but for a rest that waits for company."""
        shared = {"id": document.id, "source": document.source, "document": document.name, "digest": document.digest}
        self.ids.append(document.id)
        for place, (title, text) in enumerate(document.chunks):
            self._waiting.append({**shared, "title": title, "body": f"{title}\n{text}", "chunk": place})
            if len(self._waiting) == AT_ONCE:
                await self._encode()

    async def rows(self) -> pa.RecordBatchReader:
        """Everything added, once; nothing can be added after it."""
        await self._encode()
        self._writer.close()
        self._file.seek(0)
        return pa.ipc.open_stream(self._file)

    def close(self) -> None:
        self._file.close()

    async def _encode(self) -> None:
        if not self._waiting:
            return
        rows, self._waiting = self._waiting, []
        vectors = await asyncio.to_thread(self._encoder.encode, [row["body"] for row in rows])
        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
        columns = {name: [row[name] for row in rows] for name in self._schema.names if name != "vector"}
        columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, self._encoder.width)
        self._writer.write_batch(pa.RecordBatch.from_pydict(columns, schema=self._schema))
        self.chunks += len(rows)
