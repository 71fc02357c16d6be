"""A store that holds a corpus, and how long each part of a search in it takes. Knows no table of figures."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from eval.bench.search.corpus import Corpus, corpus_of
from gateway.retrieval.catalog import Collection
from gateway.retrieval.encoders import mark_of
from gateway.retrieval.hits import chunk_schema
from gateway.retrieval.shelves import CANDIDATES, Shelves
from gateway.retrieval.store import Store
from gateway.retrieval.wording import words_of
from routers.base import Array
from routers.retriever import Retriever, load_bundled_retriever

COLLECTION = "handbooks"
COUNTED = 10
WARM_UP = 20
AT_ONCE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What was built. nearest: (q, COUNTED) the chunks that are nearest to each question, by comparing with all."""

    questions: Sequence[str]
    nearest: Array


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """seconds: by part, one number a question. recall: of the index, at COUNTED. rate: searches a second, AT_ONCE
    under way. peak_bytes: of the process that searched and did not build."""

    seconds: dict[str, Array]
    recall: float
    rate: float
    peak_bytes: int


def build(folder: Path, chunks: int, questions: int) -> Course:
    """Write the store, with its indices. Meant for a process of its own: it holds the whole corpus."""
    retriever = load_bundled_retriever(threads=2)
    corpus = corpus_of(chunks, questions, retriever)
    store, mark = Store(folder), mark_of(retriever)

    async def write() -> None:
        collection = await store.create(COLLECTION, mark, ())
        await store.engine.append(collection.table, _rows(corpus))
        await store.engine.tidy(collection.table)

    with store.writing(print):
        asyncio.run(write())
    asked = retriever.encode_queries(corpus.questions)
    nearest = [np.argsort(-(corpus.vectors @ row), kind="stable")[:COUNTED] for row in asked]
    return Course(corpus.questions, np.array(nearest))


def _rows(corpus: Corpus) -> pa.Table:
    """Chunk n of the corpus is the only chunk of document n."""
    names = [str(place) for place in range(len(corpus.texts))]
    bodies = [f"{title}\n{text}" for title, text in zip(corpus.titles, corpus.texts, strict=True)]
    schema = chunk_schema(corpus.vectors.shape[1])
    columns = {
        **dict.fromkeys(("id", "source", "document", "digest"), names),
        "title": corpus.titles,
        "body": bodies,
        "chunk": np.zeros(len(names), dtype=np.int32),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(corpus.vectors.ravel()), corpus.vectors.shape[1]),
    }
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


async def measure(folder: Path, course: Course) -> Measured:
    """Each part alone, one question after the other, and the whole."""
    store, retriever = Store(folder), load_bundled_retriever()
    shelves, collection = Shelves(store, lambda: retriever), store.catalog.get(COLLECTION)
    await shelves.warm()
    parts = _Parts(store, collection, retriever)
    seconds = {
        "query encoding": await _timed(parts.encoding, course.questions),
        "full text": await _timed(parts.words, course.questions),
        "vectors": await _timed(parts.near, course.questions),
        "the whole search": await _timed(lambda text: shelves.search(text, ""), course.questions),
    }
    recall = await parts.recall(course)
    rate = await _rate(shelves, course.questions)
    shelves.close()
    parts.close()
    return Measured(seconds, recall, rate, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


class _Parts:
    """What a search consists of, one at a time."""

    def __init__(self, store: Store, collection: Collection, retriever: Retriever) -> None:
        self._engine, self._collection = store.engine, collection
        self._retriever = retriever
        self._rows: dict[str, Array] = {}
        self._thread = ThreadPoolExecutor(1)

    def close(self) -> None:
        self._thread.shutdown()

    async def encoding(self, text: str) -> None:
        loop = asyncio.get_running_loop()
        self._rows[text] = (await loop.run_in_executor(self._thread, self._retriever.encode_queries, [text]))[0]

    async def words(self, text: str) -> None:
        await self._engine.matching(self._collection, words_of(text), CANDIDATES)

    async def near(self, text: str) -> None:
        await self._engine.nearest(self._collection, self._rows[text], CANDIDATES)

    async def recall(self, course: Course) -> float:
        """The share of the nearest that the index finds."""
        shares = []
        for text, nearest in zip(course.questions, course.nearest, strict=True):
            found = await self._engine.nearest(self._collection, self._rows[text], COUNTED)
            shares.append(len({int(name) for name in found.document} & set(nearest.tolist())) / len(nearest))
        return float(np.mean(shares))


async def _timed(act: Callable[[str], Awaitable[object]], texts: Sequence[str]) -> Array:
    """(q,) seconds each, once the first of them have warmed it up."""
    for text in texts[:WARM_UP]:
        await act(text)
    took = []
    for text in texts:
        began = time.perf_counter()
        await act(text)
        took.append(time.perf_counter() - began)
    return np.array(took)


async def _rate(shelves: Shelves, texts: Sequence[str]) -> float:
    """Searches a second, with AT_ONCE of them under way all the time."""
    waiting = iter(texts)

    async def ask() -> None:
        for text in waiting:
            await shelves.search(text, "")

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return len(texts) / (time.perf_counter() - began)
