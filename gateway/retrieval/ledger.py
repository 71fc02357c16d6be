"""What is wholly in a collection: files and URLs, each with the state in which it was read. Knows no format.

A row is written after the chunks it speaks of, and taken out before they change. So whoever was stopped in between
leaves a source without a row, which is read again; its documents whose text is the same are not encoded again.
"""

from __future__ import annotations

import time
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

from gateway.retrieval.engine import Engine, quoted
from gateway.retrieval.reading.source import Source

RESTED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again within the same tick of its disk's clock."""
UNRESTED = -1


@dataclass(frozen=True, slots=True)
class Known:
    """A source as it was read. digest: sha256 in hex. size: bytes. modified_ns: UNRESTED where only the digest tells.

    etag, last_modified: what a server said. added: seconds since 1970.
    """

    source: str
    digest: str
    size: int
    modified_ns: int
    etag: str
    last_modified: str
    documents: int
    chunks: int
    added: float

    @classmethod
    def of(cls, source: Source, documents: int, chunks: int) -> Known:
        now = time.time_ns()
        rested = source.modified_ns + RESTED_NS < now
        return cls(
            source.name,
            source.digest,
            source.size,
            source.modified_ns if rested else UNRESTED,
            source.etag,
            source.last_modified,
            documents,
            chunks,
            now / 1e9,
        )


class Ledger:
    """Of one collection, whose table is called `table`."""

    def __init__(self, engine: Engine, table: str) -> None:
        self._engine = engine
        self.name = ledger_of(table)

    async def known(self) -> Mapping[str, Known]:
        """By source."""
        rows = await self._engine.rows(self.name, [field.name for field in fields(Known)])
        return {} if rows is None else {row["source"]: Known(**row) for row in rows.to_pylist()}

    async def note(self, sources: Iterable[Known]) -> None:
        """In the place of what was known of them."""
        import pyarrow as pa

        types = {"str": pa.string(), "int": pa.int64(), "float": pa.float64()}
        schema = pa.schema([(field.name, types[str(field.type)]) for field in fields(Known)])
        rows = pa.Table.from_pylist([asdict(source) for source in sources], schema=schema)
        if len(rows):
            await self._engine.replace(self.name, rows, ["source"], gone="false")

    async def forget(self, sources: Several[str]) -> None:
        if sources:
            await self._engine.delete(self.name, f"source IN ({quoted(list(sources))})")


def ledger_of(table: str) -> str:
    """The table in which the ledger of a collection lies."""
    return f"{table}.sources"
