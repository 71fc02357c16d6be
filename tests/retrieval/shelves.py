"""What the tests of the store build with: a quick encoder, one run of an ingest, and all that a store then holds."""

from __future__ import annotations

import asyncio
import io
import os
import string
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from gateway.retrieval.catalog import Collection, EncoderMark
from gateway.retrieval.chunking import chunked
from gateway.retrieval.ingest import Ingest
from gateway.retrieval.progress import Tally
from gateway.retrieval.reading.documents import Skipped
from gateway.retrieval.reading.source import take
from gateway.retrieval.store import Store

LETTERS = EncoderMark(name="letters", version="1", width=len(string.ascii_lowercase))


class Letters:
    """How often each letter occurs, to length one."""

    width = LETTERS.width

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.texts += texts
        rows = np.array([[text.lower().count(letter) for letter in string.ascii_lowercase] for text in texts])
        rows = rows.astype(np.float32) + 1e-3
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def run(doing: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(doing)


async def collection_in(store: Store, name: str = "documents") -> Collection:
    return store.catalog.find(name) or await store.create(name, LETTERS, ())


async def put(store: Store, *paths: Path | str, encoder: Letters | None = None, said: Any = None) -> Tally:
    """One run, as the command does it."""
    tally = Tally(Console(file=said or io.StringIO(), width=1000), every=True)
    with store.writing(print):
        await store.sweep()
        collection = await collection_in(store)
        await Ingest(store, collection, encoder or Letters(), tally)([str(path) for path in paths])
    return tally


def add(store: Store, *paths: Path | str, encoder: Letters | None = None, said: Any = None) -> Tally:
    return run(put(store, *paths, encoder=encoder, said=said))


async def contents(store: Store) -> list[tuple[str, int, str]]:
    """Every chunk there is: its document, place, and title and text."""
    rows = await store.engine.rows(store.catalog.get("documents").table, ["document", "chunk", "body"])
    return sorted(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True))


def written(folder: Path) -> list[tuple[str, int, str]]:
    """Every chunk of the files below the folder, as the readers give them."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size):
        with take(path) as source:
            found += [part for part in chunked(source) if not isinstance(part, Skipped)]
    return sorted((chunk.document, chunk.place, f"{chunk.title}\n{chunk.text}") for chunk in found)


def aged(path: Path, seconds: float = 60) -> Path:
    """As if it had last changed so long ago."""
    state = path.stat()
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - int(seconds * 1e9)))
    return path
