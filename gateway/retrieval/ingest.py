"""Files and URLs into a collection: what is unchanged is passed over, what changed is read again, what is gone goes.

Knows no format and no table. Reports each source when what it says is true on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Literal, Protocol

from gateway.retrieval.batch import Encoder, Whole
from gateway.retrieval.catalog import Collection
from gateway.retrieval.chunking import Chunk, chunked
from gateway.retrieval.engine import quoted
from gateway.retrieval.fetching import Seen, fetch, is_url
from gateway.retrieval.hits import document_id
from gateway.retrieval.ledger import Known, Ledger
from gateway.retrieval.reading.documents import Skipped, Unreadable
from gateway.retrieval.reading.source import Source, take
from gateway.retrieval.store import Store
from gateway.retrieval.walking import Walk, walk
from gateway.retrieval.writer import Writer

What = Literal["added", "changed", "unchanged", "removed", "refused"]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a source. chunks: it has now. why: it was refused, or a part of it was."""

    source: str
    what: What
    chunks: int = 0
    why: str = ""


class Watch(Protocol):
    """Is told how it goes."""

    def begin(self, sources: int, others: int) -> None:
        """So many sources will be looked at; `others` files are of no kind that is read."""

    def passed(self, chunks: int) -> None:
        """One source has been looked at, and so many of its chunks were new."""

    def done(self, done: Done) -> None:
        """It is so on disk."""


class Ingest:
    """One run. Only for who holds the store's lock."""

    def __init__(self, store: Store, collection: Collection, encoder: Encoder, watch: Watch) -> None:
        self._store = store
        self._engine = store.engine
        self._collection = collection
        self._writer = Writer(store.engine, collection, encoder, store.folder)
        self._room = store.folder
        self._watch = watch
        self._known: Mapping[str, Known] = {}
        self._present: set[str] = set()
        self._waiting: list[Done] = []

    async def __call__(self, paths: Sequence[str]) -> bool:
        """Whether anything changed. KnowledgeError where the store cannot go on; what was reported is kept."""
        self._known = await Ledger(self._engine, self._collection.table).known()
        self._present = await self._store.sources(self._collection)
        urls = dict.fromkeys(path for path in paths if is_url(path))
        found = walk((path for path in paths if path not in urls), self._present, self._room)
        self._watch.begin(len(found.files) + len(urls), found.others)
        try:
            changed = await self._all(found, urls)
        finally:
            self._writer.close()
        if changed and await self._engine.untidy(self._collection):
            await self._writer.tidy()
        return changed

    async def _all(self, found: Walk, urls: Iterable[str]) -> bool:
        for refused in found.refused:
            self._refuse("", refused)
        for name in found.gone:
            self._remove(name)
        changed = bool(found.gone)
        for name in (*found.files, *urls):
            chunks = await self._one(name)
            self._watch.passed(chunks or 0)
            changed = changed or chunks is not None
            if self._writer.full:
                await self._commit()
        await self._commit()
        return changed

    async def _one(self, name: str) -> int | None:
        """How many chunks of a source are new; None where nothing changed."""
        known = self._known.get(name)
        if known is not None and _as_it_was(known):
            self._leave(known)
            return None
        try:
            source = await self._taken(name, known)
        except Unreadable as unreadable:
            self._refuse(name, unreadable)
            return None
        with source or nullcontext():
            if known is not None and (source is None or source.digest == known.digest):
                self._leave(known)
                return None
            assert source is not None
            try:
                return await self._read(source)
            except Unreadable as unreadable:
                return self._empty(name, unreadable)

    async def _taken(self, name: str, known: Known | None) -> Source | None:
        """None where a server says that it has not changed."""
        if is_url(name):
            seen = None if known is None else Seen(known.etag, known.last_modified)
            return await fetch(name, seen, room=self._room)
        return take(Path(name), room=self._room)

    async def _read(self, source: Source) -> int:
        """Documents whose text the store has are left as they are."""
        name = source.name
        held = await self._held(name) if name in self._present else {}
        self._writer.begin(name)
        documents = chunks = new = 0
        for part in _documents(source):
            if isinstance(part, Skipped):
                self._waiting.append(Done(part.name, "refused", why=f"{part.name}: {part.why}"))
                continue
            documents, chunks = documents + 1, chunks + len(part.chunks)
            had = held.pop(part.id, None)
            if had == part.digest:
                continue
            new += len(part.chunks)
            await self._writer.put(part, replacing=had is not None)
            if self._writer.full:
                await self._commit()
        self._writer.drop(list(held))
        self._writer.end(Known.of(source, documents, chunks))
        self._waiting.append(Done(name, "changed" if name in self._known else "added", chunks))
        return new

    def _leave(self, known: Known) -> None:
        self._waiting.append(Done(known.source, "unchanged", known.chunks))

    def _remove(self, name: str) -> None:
        self._writer.drop_source(name)
        self._waiting.append(Done(name, "removed"))

    def _refuse(self, name: str, unreadable: Unreadable) -> None:
        """What the store has of it stays."""
        self._waiting.append(Done(name, "refused", why=unreadable.message))

    def _empty(self, name: str, unreadable: Unreadable) -> int | None:
        """What it holds now is no document, so that what the store has of it is no longer true."""
        self._refuse(name, unreadable)
        if name not in self._present:
            return None
        self._writer.drop_source(name)
        return 0

    async def _commit(self) -> None:
        await self._writer.commit()
        for done in self._waiting:
            self._watch.done(done)
        self._waiting = []

    async def _held(self, source: str) -> dict[str, str]:
        """The documents that the store has of it: digests by id."""
        where = f"chunk = 0 AND source IN ({quoted([source])})"
        rows = await self._engine.rows(self._collection.table, ["id", "digest"], where)
        return {} if rows is None else dict(zip(rows["id"].to_pylist(), rows["digest"].to_pylist(), strict=True))


def _as_it_was(known: Known) -> bool:
    """Whether a file has the size and the time that it had when it was read. A URL's digest alone tells."""
    if is_url(known.source):
        return False
    try:
        state = Path(known.source).stat()
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (known.size, known.modified_ns)


def _documents(source: Source) -> Iterator[Whole | Skipped]:
    """The source's documents, each whole. One that has the name of an earlier one is told apart by a number."""
    names: set[str] = set()
    chunks: list[Chunk] = []
    for part in chunked(source):
        if isinstance(part, Skipped):
            yield part
            continue
        if part.place == 0 and chunks:
            yield _whole(source.name, chunks, names)
            chunks = []
        chunks.append(part)
    if chunks:
        yield _whole(source.name, chunks, names)


def _named(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}#{times}" for times in count(2))


def _whole(source: str, chunks: Sequence[Chunk], names: set[str]) -> Whole:
    name = next(name for name in _named(chunks[0].document) if name not in names)
    names.add(name)
    digest = blake2b(digest_size=16)
    for chunk in chunks:
        digest.update(f"{chunk.title}\0{chunk.text}\0".encode())
    texts = [(chunk.title, chunk.text) for chunk in chunks]
    return Whole(document_id(source, name), source, name, digest.hexdigest(), texts)
