"""Text to vectors beside the event loop: what is quick is done at once, the rest in batches by a worker thread.

No timer: while the encoder is busy the next batch gathers; idle means no delay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from routers.base import Encoder

INLINE_CHARACTERS = 1000
"""As much as an inline encoder reads in well under a millisecond."""
MAX_BATCH = 64


class Encoding:
    """One encoder, shared by all requests; rows come back as the encoder made them, (1, d) each."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._waiting: list[tuple[str, asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._worker is not None:
            await self._worker
        self._thread.shutdown()

    async def encode(self, text: str) -> Any:
        """The row of one text."""
        if self.encoder.inline and len(text) <= INLINE_CHARACTERS:
            return self.encoder.encode([text])
        row: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, row))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await row

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [entry for entry in self._waiting[:MAX_BATCH] if not entry[1].cancelled()]
            del self._waiting[:MAX_BATCH]
            if not batch:
                continue
            try:
                rows = await loop.run_in_executor(self._thread, self._rows, [text for text, _ in batch])
            except Exception as error:  # an encoder's failure belongs to the requests of its batch
                _settle(batch, [error] * len(batch))
            else:
                _settle(batch, rows)

    def _rows(self, texts: Sequence[str]) -> list[Any]:
        matrix = self.encoder.encode(texts)
        return [matrix[index : index + 1] for index in range(len(texts))]


def _settle(batch: Sequence[tuple[str, asyncio.Future[Any]]], results: Sequence[Any]) -> None:
    for (_, row), result in zip(batch, results, strict=True):
        if row.done():
            continue
        if isinstance(result, Exception):
            row.set_exception(result)
        else:
            row.set_result(result)
