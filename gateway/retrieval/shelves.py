"""The library that serves: a store's collections, searched by words and by meaning at once, for one tenant.

Looks for the store at each request, so one that does not exist yet is empty until it does. Knows no file format.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from gateway.errors import KnowledgeError
from gateway.retrieval.catalog import Collection
from gateway.retrieval.cross_encoder import REORDERED, CrossEncoder
from gateway.retrieval.encoders import Encoders
from gateway.retrieval.fusion import Shelf, fused
from gateway.retrieval.hits import Hits
from gateway.retrieval.naming import shown
from gateway.retrieval.passages import Found, Passage
from gateway.retrieval.pilots import likeness
from gateway.retrieval.store import Store
from gateway.retrieval.wording import gist, words_of
from routers.base import Array
from routers.retriever import Retriever, load_bundled_retriever

CANDIDATES = 20
"""Chunks by words and as many by meaning, of each collection."""
BY_MEANING, BY_WORDS = 4, 16
"""Collections that are asked at most, the nearest by their pilots; where there are no more, all are."""


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """One query on its way. embedding: its row under the base encoder; ranks: of each collection by its pilots."""

    text: str
    words: str
    embedding: asyncio.Task[Array]
    ranks: asyncio.Task[Mapping[str, int]]
    collections: int

    async def asks(self, collection: Collection, most: int) -> bool:
        """Whether it is among the `most` nearest."""
        return self.collections <= most or (await self.ranks)[collection.name] < most


class Shelves:
    """`base` loads the encoder that every query is read with: at the first search, or in `warm`."""

    def __init__(
        self,
        store: Store,
        base: Callable[[], Retriever] = load_bundled_retriever,
        cross_encoder: CrossEncoder | None = None,
    ) -> None:
        self._store = store
        self._home = store.folder.absolute().parent
        self._encoders = Encoders(base, store.folder)
        self._cross_encoder = cross_encoder

    def collections(self, tenant: str) -> Sequence[str]:
        """See Library."""
        return tuple(collection.name for collection in self._open_to(tenant))

    async def search(self, text: str, tenant: str, among: Sequence[str] | None = None, most: int = 8) -> Found:
        """See Library. KnowledgeError where none of the collections can be searched; `refused` names single ones."""
        began, asked = perf_counter(), gist(text)
        chosen = [one for one in self._open_to(tenant) if among is None or one.name in among]
        if not asked or not chosen:
            return Found(seconds=perf_counter() - began)
        embedding = asyncio.create_task(self._encoders.base(asked))
        search = _Search(asked, words_of(asked), embedding, asyncio.create_task(_ranks(embedding, chosen)), len(chosen))
        looks = (self._look(search, one) for one in chosen)
        row, _, *looked = await asyncio.gather(embedding, search.ranks, *looks, return_exceptions=True)
        shelves, refused = _parted([row, *looked])
        if not shelves and refused:
            raise KnowledgeError(refused[0])
        passages = await self._ordered(asked, fused(shelves, len(search.words.split()), max(most, REORDERED)))
        named = tuple(replace(one, document=shown(one.document, self._home)) for one in passages[:most])
        return Found(named, embedding.result(), perf_counter() - began, refused)

    async def warm(self) -> None:
        """Load what the first search would wait for; nothing where there is nothing to search."""
        if self._store.catalog.collections():
            await asyncio.gather(self._encoders.base("warm"), self._store.engine.names())

    def close(self) -> None:
        """End its threads; searches that are under way fail."""
        self._encoders.close()

    def _open_to(self, tenant: str) -> list[Collection]:
        return [collection for collection in self._store.catalog.collections() if collection.open_to(tenant)]

    async def _look(self, search: _Search, collection: Collection) -> Shelf:
        words, (vector, near) = await asyncio.gather(
            self._by_words(search, collection), self._by_meaning(search, collection)
        )
        return Shelf(collection.name, words, near, vector, collection.scale)

    async def _by_words(self, search: _Search, collection: Collection) -> Hits:
        if not await search.asks(collection, BY_WORDS):
            return Hits.none(collection.encoder.width)
        return await self._store.engine.matching(collection, search.words, CANDIDATES)

    async def _by_meaning(self, search: _Search, collection: Collection) -> tuple[Array | None, Hits]:
        """The query under the collection's encoder, None where that is not asked, and what is near."""
        vector: Array | None = await search.embedding
        asks = await search.asks(collection, BY_MEANING)
        if not self._encoders.is_base(collection):
            vector = await self._encoders.own(search.text, collection) if asks else None
        if vector is None or not asks:
            return vector, Hits.none(collection.encoder.width)
        return vector, await self._store.engine.nearest(collection, vector, CANDIDATES)

    async def _ordered(self, query: str, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
        if self._cross_encoder is None or not passages:
            return passages
        return await asyncio.to_thread(self._cross_encoder.order, query, passages)


async def _ranks(embedding: asyncio.Task[Array], collections: Sequence[Collection]) -> Mapping[str, int]:
    """0 for the collection whose pilots are nearest to the query, and for any without: nothing is known of them."""
    query = await embedding
    like = {one.name: likeness(query, one.pilots) for one in collections}
    return {name: sum(other > mine for other in like.values()) for name, mine in like.items()}


def _parted(looked: Sequence[object]) -> tuple[list[Shelf], tuple[str, ...]]:
    """What was answered, and why the others were not. Errors that are nobody's refusal are raised."""
    refused = []
    for found in looked:
        if isinstance(found, KnowledgeError):
            refused.append(found.message)
        elif isinstance(found, BaseException):
            raise found
    return [found for found in looked if isinstance(found, Shelf)], tuple(dict.fromkeys(refused))
