"""A folder of documents: its catalog, its engine, and the lock of whoever writes to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import KnowledgeError
from gateway.locking import locked
from gateway.retrieval.catalog import FILE, Catalog, Collection, EncoderMark
from gateway.retrieval.engine import Engine, quoted
from gateway.retrieval.ledger import Ledger, ledger_of
from gateway.retrieval.room import told
from gateway.retrieval.walking import absolute, below
from gateway.retrieval.writer import Writer

LOCK = ".lock"


class Store:
    """Reading needs no lock: every commit is whole. A folder that is not there is an empty store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = Catalog(folder)
        self.engine = Engine(folder)

    @contextmanager
    def writing(self, say: Callable[[str], None]) -> Iterator[None]:
        """Makes the folder, and waits for whoever else writes to it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            waiting = f"another process is changing {self.folder}; waiting for it"
            with locked(self.folder / LOCK, lambda: say(waiting)):
                yield
        except OSError as error:
            raise told(error, self.folder) from None

    async def sweep(self) -> None:
        """Drop tables that a killed process left: made before the catalog named them, or no longer named."""
        names = await self.engine.names()
        if names and not (self.folder / FILE).exists():
            raise KnowledgeError(
                f"{self.folder} holds documents, but its {FILE} is gone: put a copy of it back, or delete the folder"
            )
        tables = [collection.table for collection in self.catalog.collections()]
        for name in set(names) - {*tables, *map(ledger_of, tables)}:
            await self.engine.drop(name)

    async def create(self, name: str, encoder: EncoderMark, tenants: Sequence[str]) -> Collection:
        """An empty collection, open to these tenants, or to everybody. Only for who holds the lock."""
        self.catalog.begin()
        table = f"{name}-{secrets.token_hex(4)}"
        collection = Collection(name=name, table=table, encoder=encoder, tenants=tuple(sorted(set(tenants))))
        await self.engine.make(collection)
        self.catalog.save(collection)
        return collection

    async def drop(self, collection: Collection) -> None:
        """The collection with all its documents. Only for who holds the lock."""
        self.catalog.forget(collection.name)
        await self.engine.drop(collection.table)
        await self.engine.drop(ledger_of(collection.table))

    async def remove(self, collection: Collection, documents: Sequence[str]) -> dict[str, int]:
        """How many sources each of these names stood for: a file, a folder, a URL, or a document of a JSONL file.

        Only for who holds the lock.
        """
        known = [*await Ledger(self.engine, collection.table).known()]
        rows = await self.engine.rows(collection.table, ["id", "source", "document"], "chunk = 0")
        
        raise NotImplementedError
