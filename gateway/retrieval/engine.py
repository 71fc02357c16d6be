"""LanceDB: tables on disk with vectors and full text in one. The only place that knows it.

A commit is atomic: a reader sees all of it or nothing, whatever happens to the writer. There is one writer at a time,
which the store's lock sees to, so that files no version names are a killed writer's and may be thrown away.
"""

from __future__ import annotations

import asyncio
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.errors import KnowledgeError
from gateway.retrieval.catalog import Collection
from gateway.retrieval.hits import SHOWN, Hits, chunk_schema
from gateway.retrieval.room import told
from gateway.settings import keep_lancedb_quiet
from routers.base import Array

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = "documents need LanceDB: pip install 'coterie[knowledge]'"
FRESH = timedelta(seconds=2)
"""So old a reader's view of a table is at most."""
INDEXED_FROM = 5_000
"""Chunks from which vectors are indexed; fewer are compared one by one, which takes 10 ms and misses none."""
PROBES = 48
"""Of the index's parts, as many as the square root of its chunks, these are looked into: 4 ms among 100,000 chunks."""
REBUILT_AT = 1 / 6
"""The share of chunks that came after the vectors' index was built at which it is built anew, its centres with it."""
TIDIED_BELOW = 20_000
UNINDEXED, SMALL_FILES = 0.02, 50
"""Chunks that no index has yet are searched one by one: so large a share of them, or in so many files, is too much."""
IN_A_LIST = 1_000
INDEX_CACHE, METADATA_CACHE = 512 * 2**20, 64 * 2**20
"""Bytes of indices and of descriptions of files that stay in memory; what is beyond is read from the disk again."""
FAILURES = (RuntimeError, OSError, ValueError)
"""What LanceDB raises."""


class Engine:
    """The tables in one folder. Nothing is opened, and LanceDB not imported, before something is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: Any = None
        self._tables: dict[str, Any] = {}

    async def nearest(self, collection: Collection, vector: Array, most: int) -> Hits:
        """The chunks whose vectors are nearest to this one, (d,); score: their cosine."""
        shown = [*SHOWN, "_distance"]
        found = await self._ask(
            collection.table,
            lambda table: (
                table.query().nearest_to(vector).distance_type("cosine").nprobes(PROBES).limit(most).select(shown)
            ),
        )
        if found is None:
            return Hits.none(collection.encoder.width)
        return Hits.of(found, 1 - found["_distance"].to_numpy())

    async def matching(self, collection: Collection, text: str, most: int) -> Hits:
        """The chunks that have words of the text, by BM25, which is the score. The text has no syntax."""
        shown = [*SHOWN, "_score"]
        found = await self._ask(
            collection.table,
            lambda table: table.query().nearest_to_text(text, columns="body").limit(most).select(shown),
        )
        return Hits.none(collection.encoder.width) if found is None else Hits.of(found, found["_score"].to_numpy())

    async def sample(self, collection: Collection, most: int) -> Hits:
        """Chunks spread evenly over the collection, all of them where there are no more than `most`; score: 0."""
        count = await self.count(collection.table)
        places = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int)).tolist() if count else []
        found = await self._ask(collection.table, lambda table: table.take_offsets(places).select(list(SHOWN)))
        if found is None or not len(found):
            return Hits.none(collection.encoder.width)
        return Hits.of(found, np.zeros(len(found), dtype=np.float32))

    async def rows(self, name: str, columns: Sequence[str], where: str = "") -> Any:
        """An arrow table of these columns; None where there is no such table."""

        def query(table: Any) -> Any:
            asked = table.query().select(list(columns))
            return asked.where(where) if where else asked

        return await self._ask(name, query)

    async def count(self, name: str, where: str | None = None) -> int:
        """Rows; 0 where there is no such table."""
        with self._telling():
            table = await self._open(name)
            return 0 if table is None else int(await table.count_rows(where))

    async def names(self) -> list[str]:
        """Of every table."""
        with self._telling():
            found, token = [], None
            while True:
                page = await (await self._connected()).list_tables(page_token=token)
                found += page.tables
                if not (token := page.page_token):
                    return found

    async def append(self, name: str, rows: Any) -> None:
        """Add rows, an arrow table or a reader of record batches, in one commit. The table is made if need be."""
        with self._telling():
            await (await self._made(name, rows.schema)).add(rows)

    async def replace(self, name: str, rows: Any, key: Sequence[str], gone: str) -> None:
        """Rows take the place of those with their key; others that `gone` describes go. All in one commit."""
        with self._telling():
            merging = (await self._made(name, rows.schema)).merge_insert(list(key))
            merging = merging.when_matched_update_all().when_not_matched_insert_all()
            await merging.when_not_matched_by_source_delete(gone).execute(rows)

    async def delete(self, name: str, where: str) -> None:
        with self._telling():
            if (table := await self._open(name)) is not None:
                await table.delete(where)

    async def drop(self, name: str) -> None:
        """The table and its files; nothing where there is none."""
        with self._telling():
            self._tables.pop(name, None)
            await (await self._connected()).drop_table(name, ignore_missing=True)

    async def make(self, collection: Collection) -> None:
        """An empty table for the collection's chunks, with its index of words."""
        lancedb = _lancedb()
        with self._telling():
            table = await self._made(collection.table, chunk_schema(collection.encoder.width))
            words = lancedb.index.FTS(base_tokenizer="icu/split", with_position=False)
            await table.create_index("body", config=words, replace=True)

    async def untidy(self, collection: Collection) -> bool:
        """Whether tidying is worth its seconds: always in a small table, in a large one where a part is not indexed."""
        with self._telling():
            if (table := await self._open(collection.table)) is None:
                return False
            rows, words = await table.count_rows(), await table.index_stats("body_idx")
            files = (await table.stats())["fragment_stats"]["num_small_fragments"]
        unindexed = int(words.num_unindexed_rows)
        return rows < TIDIED_BELOW or unindexed > rows * UNINDEXED or int(files) > SMALL_FILES

    async def tidy(self, name: str) -> None:
        """Small files become large ones, indices take in what came since, and what was deleted leaves the disk.

        A reader that was at an older version finds its files gone, and asks again.
        """
        with self._telling():
            if (table := await self._open(name)) is None:
                return
            if "vector" in (await table.schema()).names and await _outgrown(table):
                size = math.isqrt(await table.count_rows())  # to be named: `optimize` joins parts far below it
                flat = _lancedb().index.IvfFlat(distance_type="cosine", target_partition_size=size)
                await table.create_index("vector", config=flat, replace=True)
            await table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

    async def _ask(self, name: str, query: Callable[[Any], Any]) -> Any:
        """What a query of this table finds; None where there is no such table. A view that is gone is renewed, once."""
        for last in (False, True):
            try:
                if (table := await self._open(name)) is None:
                    return None
                return await query(table).to_arrow()
            except FAILURES as error:
                self._tables.pop(name, None)
                if last:
                    raise told(error, self._folder) from None
        return None

    async def _open(self, name: str) -> Any:
        """The table, or None; a folder that is not there is not made."""
        if name not in self._tables:
            if not (self._folder / f"{name}.lance").is_dir():
                return None
            try:
                self._tables[name] = await (await self._connected()).open_table(name)
            except ValueError as error:
                if "not found" in str(error):
                    return None
                raise
        return self._tables[name]

    async def _made(self, name: str, schema: pa.Schema) -> Any:
        if (table := await self._open(name)) is None:
            table = self._tables[name] = await (await self._connected()).create_table(name, schema=schema)
        return table

    async def _connected(self) -> Any:
        if self._connection is None:
            lancedb = await asyncio.to_thread(_lancedb)  # two seconds, the first time
            session = lancedb.Session(index_cache_size_bytes=INDEX_CACHE, metadata_cache_size_bytes=METADATA_CACHE)
            self._connection = await lancedb.connect_async(
                self._folder, read_consistency_interval=FRESH, session=session
            )
        return self._connection

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise told(error, self._folder) from None


def quoted(values: Sequence[str]) -> str:
    """A list of strings for `IN (...)`."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def lists(names: Sequence[str]) -> list[Sequence[str]]:
    """In parts, each short enough for one `IN (...)`."""
    return [names[start : start + IN_A_LIST] for start in range(0, len(names), IN_A_LIST)]


async def _outgrown(table: Any) -> bool:
    """Whether the vectors want an index that they have not, or a new one."""
    rows = await table.count_rows()
    if rows < INDEXED_FROM:
        return False
    stats = await table.index_stats("vector_idx")
    return stats is None or stats.num_unindexed_rows > rows * REBUILT_AT


def _lancedb() -> Any:
    """KnowledgeError where the extra is not installed."""
    keep_lancedb_quiet()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import lancedb
            import lancedb.index
    except ImportError:
        raise KnowledgeError(MISSING) from None
    return lancedb
