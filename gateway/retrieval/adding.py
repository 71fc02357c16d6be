"""Documents into a collection that is there, or is made: whose it is, and under which encoder. Knows no format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import KnowledgeError
from gateway.retrieval.catalog import Collection, EncoderMark
from gateway.retrieval.ingest import Ingest, Watch
from gateway.retrieval.store import Store
from gateway.retrieval.survey import survey
from routers.retriever import Retriever, load_bundled_retriever, load_retriever


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which collection. tenants: who may search it; empty: whoever may already, or everybody.

    encoder: the folder of its encoder; None: the one it has, or the bundled one.
    """

    name: str
    tenants: Sequence[str] = ()
    encoder: Path | None = None


async def add(store: Store, paths: Sequence[str], wanted: Wanted, watch: Watch) -> None:
    """Files, folders and URLs. Only for who holds the store's lock.

    KnowledgeError where the collection is another's or another encoder's, or the store cannot be written;
    ArtifactError where the encoder cannot be read.
    """
    await store.sweep()
    found = store.catalog.find(wanted.name)
    retriever, mark = _encoder(store.folder, found, wanted.encoder)
    if found is None:
        found = await store.create(wanted.name, mark, wanted.tenants)
    else:
        found.check(mark)
        _check_tenants(found, wanted.tenants)
    if await Ingest(store, found, retriever, watch)(paths):
        await survey(store, found, retriever)


def _encoder(store: Path, found: Collection | None, named: Path | None) -> tuple[Retriever, EncoderMark]:
    """The one that is named, or the collection's own; as the collection would note it."""
    folder = _noted(named, store) if named else found.encoder.folder if found else ""
    threads = os.cpu_count() or 1
    retriever = load_retriever(store / folder, threads=threads) if folder else load_bundled_retriever(threads=threads)
    return retriever, EncoderMark(name=retriever.name, version=retriever.version, width=retriever.width, folder=folder)


def _noted(encoder: Path, store: Path) -> str:
    """Relative where it lies in the store, which may then be moved."""
    path, home = encoder.resolve(), store.resolve()
    return str(path.relative_to(home) if path.is_relative_to(home) else path)


def _check_tenants(collection: Collection, tenants: Sequence[str]) -> None:
    """Nobody's documents get into a collection that others may search than whoever added them has named."""
    if tenants and set(tenants) != set(collection.tenants):
        whom = ", ".join(collection.tenants) or "everybody"
        raise KnowledgeError(
            f"collection {collection.name!r} is open to {whom}, not to {', '.join(sorted(set(tenants)))}: "
            "put these documents into another collection"
        )
