"""What a collection is about, noted in the catalog when documents were added. Trains nothing, and asks no expert.

The other collections are left as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.retrieval.catalog import Collection
from gateway.retrieval.hits import Hits
from gateway.retrieval.pilots import SAMPLE, pilots_of, scale_of
from gateway.retrieval.store import Store
from routers.retriever import Retriever, load_bundled_retriever

GROWN = 1.5
"""A collection that has so many times the chunks, or a part, of when it was last looked at is looked at again."""


async def survey(
    store: Store, collection: Collection, own: Retriever, base: Callable[[], Retriever] = load_bundled_retriever
) -> None:
    """Write pilots, and for an encoder that is not the base its scale. Only for who holds the store's lock.

    own: what the collection was encoded with. base: loads the one that queries are read with; asked only where `own`
    is another, for encoding a sample takes seconds.
    """
    count = await store.engine.count(collection.table)
    if not count or collection.surveyed / GROWN <= count <= collection.surveyed * GROWN:
        return
    sample = await store.engine.sample(collection, SAMPLE)
    surveyed = await asyncio.to_thread(_surveyed, collection, sample, own, base)
    store.catalog.save(surveyed.model_copy(update={"surveyed": count}))


def _surveyed(collection: Collection, sample: Hits, own: Retriever, base: Callable[[], Retriever]) -> Collection:
    if not collection.encoder.folder:
        return collection.piloted(pilots_of(sample.vector))
    loaded = base()
    if (own.name, own.version) == (loaded.name, loaded.version):
        return collection.piloted(pilots_of(sample.vector))
    bodies = [f"{title}\n{text}" for title, text in zip(sample.title, sample.text, strict=True)]
    rows = loaded.encode(bodies)
    return collection.piloted(pilots_of(rows)).model_copy(update={"scale": scale_of(sample.vector, rows)})
