"""Documents into one collection, many to a commit. Knows no file and no format.

In this order: the ledger forgets what is about to change, chunks take the place of chunks, what is gone goes, and the
ledger notes what is wholly in. Stopped anywhere, the chunks are those of whole documents, each once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from gateway.retrieval.batch import Batch, Encoder, Whole
from gateway.retrieval.catalog import Collection
from gateway.retrieval.engine import Engine, lists, quoted
from gateway.retrieval.ledger import Known, Ledger
from gateway.retrieval.room import told

CHUNKS, SECONDS = 2048, 20.0
"""As much is put into one commit at most, documents being whole; so much work is lost when a process is killed."""
UNTIDY = 10_000
"""Chunks added in one go after which indices are brought up to date; from four times as many on, a quarter of all."""


class Writer:
    """Only for who holds the store's lock."""

    def __init__(self, engine: Engine, collection: Collection, encoder: Encoder, room: Path) -> None:
        self._engine = engine
        self._table = collection.table
        self._ledger = Ledger(engine, collection.table)
        self._encoder = encoder
        self._room = room
        self._since_tidy = 0
        self._clear()

    def _clear(self) -> None:
        self._begun = time.monotonic()
        self._batch: Batch | None = None
        self._replaced: list[str] = []
        self._unsure: list[str] = []
        self._gone: list[str] = []
        self._gone_sources: list[str] = []
        self._whole: list[Known] = []

    @property
    def full(self) -> bool:
        """Whether a commit is due."""
        waiting = len(self._gone) + len(self._gone_sources) + len(self._whole)
        if self._batch is not None:
            waiting += self._batch.chunks
        return waiting >= CHUNKS or (waiting > 0 and time.monotonic() - self._begun > SECONDS)

    def begin(self, source: str) -> None:
        """What the ledger says of the source is about to be untrue."""
        self._unsure.append(source)

    async def put(self, document: Whole, *, replacing: bool) -> None:
        """replacing: the store may have chunks of that id. KnowledgeError where the disk is full."""
        try:
            if self._batch is None:
                self._batch = Batch(self._encoder, self._room)
            await self._batch.add(document)
        except OSError as error:
            raise told(error, self._room) from None
        if replacing:
            self._replaced.append(document.id)

    def drop(self, documents: Sequence[str]) -> None:
        """By their ids."""
        self._gone += documents

    def drop_source(self, source: str) -> None:
        """All that was read from it."""
        self._unsure.append(source)
        self._gone_sources.append(source)

    def end(self, source: Known) -> None:
        """All of it has been put."""
        self._whole.append(source)

    async def commit(self) -> None:
        """Put what is waiting into the store. KnowledgeError where that cannot be; what was committed before stays."""
        batch = self._batch
        try:
            for names in lists(self._unsure):
                await self._ledger.forget(names)
            if batch is not None:
                await self._write(batch)
            for names in lists(self._gone):
                await self._engine.delete(self._table, f"id IN ({quoted(names)})")
            for names in lists(self._gone_sources):
                await self._engine.delete(self._table, f"source IN ({quoted(names)})")
            await self._ledger.note(self._whole)
        except OSError as error:
            raise told(error, self._room) from None
        finally:
            self.close()
            self._clear()

    async def tidy(self) -> None:
        """Indices take in what is new, and what is gone leaves the disk."""
        await self._engine.tidy(self._table)
        await self._engine.tidy(self._ledger.name)
        self._since_tidy = 0

    def close(self) -> None:
        if self._batch is not None:
            self._batch.close()

    async def _write(self, batch: Batch) -> None:
        rows = await batch.rows()
        if self._replaced:
            gone = f"id IN ({quoted(self._replaced)})"
            await self._engine.replace(self._table, rows, ("id", "chunk"), gone)
        else:
            await self._engine.append(self._table, rows)
        self._since_tidy += batch.chunks
        if self._since_tidy >= max(UNTIDY, await self._engine.count(self._table) // 4):
            await self.tidy()
