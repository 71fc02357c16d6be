"""The encoders that queries are read with: the base, and those of collections that have their own. Knows no table.

Each is loaded when it is first needed. Encoding takes milliseconds of a core, so it is done in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from gateway.errors import KnowledgeError
from gateway.retrieval.catalog import Collection, EncoderMark
from routers.base import Array
from routers.errors import ArtifactError
from routers.retriever import Retriever, load_retriever

THREADS = 2


class Encoders:
    """`base` loads the one that every query is read with; folders of the others may be relative to `home`."""

    def __init__(self, base: Callable[[], Retriever], home: Path) -> None:
        self._load_base = base
        self._home = home
        self._base: Retriever | None = None
        self._own: dict[EncoderMark, Retriever] = {}
        self._loading = Lock()
        self._threads = ThreadPoolExecutor(THREADS, "retrieval")

    async def base(self, query: str) -> Array:
        """(d,) unit row. KnowledgeError where the base encoder cannot be loaded."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._encode_base, query)

    def is_base(self, collection: Collection) -> bool:
        """Whether the base wrote the collection. Waits for nothing once the base has read a query.

        KnowledgeError, naming both, where another encoder wrote it, and the collection does not say where that lies.
        """
        base = mark_of(self._base or self._get_base())
        if not collection.encoder.folder:
            collection.check(base)
        return collection.encoder.matches(base)

    async def own(self, query: str, collection: Collection) -> Array:
        """(d,) unit row under the collection's own encoder.

        KnowledgeError, naming both encoders, where the one in its folder is not the one that wrote the collection.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._encode_own, query, collection)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _encode_base(self, query: str) -> Array:
        row: Array = self._get_base().encode_queries([query])[0]
        return row

    def _encode_own(self, query: str, collection: Collection) -> Array:
        retriever = self._get_own(collection.encoder)
        collection.check(mark_of(retriever))
        row: Array = retriever.encode_queries([query])[0]
        return row

    def _get_base(self) -> Retriever:
        with self._loading:
            if self._base is None:
                self._base = _loaded(self._load_base)
            return self._base

    def _get_own(self, mark: EncoderMark) -> Retriever:
        with self._loading:
            if mark not in self._own:
                self._own[mark] = _loaded(lambda: load_retriever(self._home / mark.folder))
            return self._own[mark]


def mark_of(retriever: Retriever, folder: Path | None = None) -> EncoderMark:
    """What a collection notes of its encoder; folder: where it lies, None for the bundled one."""
    lies = "" if folder is None else str(folder.resolve())
    return EncoderMark(name=retriever.name, version=retriever.version, width=retriever.width, folder=lies)


def _loaded(load: Callable[[], Retriever]) -> Retriever:
    try:
        return load()
    except ArtifactError as error:
        raise KnowledgeError(f"documents cannot be searched: {error}") from None
