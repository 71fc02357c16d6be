"""A folder of documents: its catalog, its engine, and the lock of whoever writes to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import KnowledgeError
from gateway.locking import locked
from gateway.retrieval.catalog import FILE, Catalog, Collection, EncoderMark
from gateway.retrieval.engine import Engine, lists, quoted
from gateway.retrieval.fetching import is_url
from gateway.retrieval.ledger import Ledger, ledger_of
from gateway.retrieval.room import told
from gateway.retrieval.walking import absolute, below

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

    async def documents(self, collection: Collection) -> int:
        """How many there are."""
        return await self.engine.count(collection.table, "chunk = 0")

    async def sources(self, collection: Collection) -> set[str]:
        """Every file and URL that chunks come from, or that the ledger knows."""
        rows = await self.engine.rows(collection.table, ["source"], "chunk = 0")
        present = set() if rows is None else set(rows["source"].unique().to_pylist())
        return present | (await Ledger(self.engine, collection.table).known()).keys()

    async def remove(self, collection: Collection, names: Sequence[str]) -> dict[str, int]:
        """How many documents each name stood for: a file, all in a folder, a URL, or a document of a JSONL file.

        Only for who holds the lock.
        """
        sources = await self.sources(collection)
        removed = {name: await self._remove(collection, name, sources) for name in names}
        if any(removed.values()):
            await self.engine.tidy(collection.table)
            await self.engine.tidy(ledger_of(collection.table))
        return removed

    async def _remove(self, collection: Collection, name: str, sources: Iterable[str]) -> int:
        ledger, removed = Ledger(self.engine, collection.table), 0
        path = name if is_url(name) else absolute(name)
        for names in lists([*below(path, sources)]):
            where = f"source IN ({quoted(names)})"
            removed += await self.engine.count(collection.table, f"chunk = 0 AND {where}")
            await ledger.forget(names)
            await self.engine.delete(collection.table, where)
        if not removed:
            where = f"document IN ({quoted([name, path])})"
            removed = await self.engine.count(collection.table, f"chunk = 0 AND {where}")
            if removed:
                await self.engine.delete(collection.table, where)
        return removed
