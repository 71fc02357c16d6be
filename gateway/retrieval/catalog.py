"""Which collections a store has, who may search each, and under which encoder. Knows no document and no engine.

One JSON file in the store's folder, replaced as a whole: a reader meets the old one or the new one. Looking into it
costs one `stat` where it has not changed, so that serving may do so at each request.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Base64Bytes, NonNegativeInt, PositiveInt, StringConstraints, ValidationError

from gateway.entry import Entry
from gateway.errors import KnowledgeError
from gateway.retrieval.room import told
from routers.base import Array

FILE = "catalog.json"
CollectionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class EncoderMark(Entry):
    """Which encoder made the vectors of a collection. folder: where it lies, empty for the bundled one."""

    name: str
    version: str
    width: PositiveInt
    folder: str = ""

    def matches(self, other: EncoderMark) -> bool:
        """Whether both make the same vectors, wherever they lie."""
        return (self.name, self.version, self.width) == (other.name, other.version, other.width)

    def __str__(self) -> str:
        return f"{self.name} (version {self.version}, width {self.width})"


class Collection(Entry):
    """table: what the engine calls it, never used twice. tenants: who may search it; empty: everybody."""

    name: CollectionName
    table: str
    encoder: EncoderMark
    tenants: tuple[str, ...] = ()
    pilot_bytes: Base64Bytes = b""
    pilot_width: NonNegativeInt = 0
    scale: tuple[tuple[float, float], ...] = ()
    """Pairs of cosines, under its encoder and under the base; none where its encoder is the base."""
    surveyed: NonNegativeInt = 0
    """Chunks it had when pilots and scale were taken."""

    @property
    def pilots(self) -> Array:
        """(k, d) float32 under the base encoder, rows of length 1 that stand for what the collection is about."""
        return np.frombuffer(self.pilot_bytes, dtype="<f4").reshape(-1, max(self.pilot_width, 1))

    def piloted(self, pilots: Array) -> Self:
        """The same with these pilots."""
        rows = np.ascontiguousarray(pilots, dtype="<f4")
        return self.model_copy(update={"pilot_bytes": rows.tobytes(), "pilot_width": rows.shape[1]})

    def open_to(self, tenant: str) -> bool:
        """Whether this tenant may search it."""
        return not self.tenants or tenant in self.tenants

    def check(self, encoder: EncoderMark) -> None:
        """KnowledgeError, naming both, where `encoder` is not the one that made its vectors."""
        if not self.encoder.matches(encoder):
            raise KnowledgeError(
                f"collection {self.name!r} was written with the encoder {self.encoder}, not with {encoder}: "
                "name that one, or put the documents into another collection"
            )


class Listing(Entry):
    """The file."""

    version: Literal[1] = 1
    collections: tuple[Collection, ...] = ()


class Catalog:
    """The collections of the store in this folder. A folder that is not there has none."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._seen: tuple[int, ...] = ()
        self._collections: tuple[Collection, ...] = ()

    def collections(self) -> tuple[Collection, ...]:
        """All of them, as they are now. KnowledgeError where the file is damaged."""
        try:
            state = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise told(error, self._file.parent) from None
        seen = (state.st_mtime_ns, state.st_size, state.st_ino)
        if seen != self._seen:
            self._collections, self._seen = self._read(), seen
        return self._collections

    def find(self, name: str) -> Collection | None:
        return next((collection for collection in self.collections() if collection.name == name), None)

    def get(self, name: str) -> Collection:
        """KnowledgeError, naming those there are, where there is none of that name."""
        if (found := self.find(name)) is None:
            known = ", ".join(collection.name for collection in self.collections()) or "none yet"
            raise KnowledgeError(f"{self._file.parent} has no collection {name!r}; it has: {known}")
        return found

    def begin(self) -> None:
        """Make the file, with nothing in it, where there is none. Only for who holds the store's lock."""
        if not self._file.exists():
            self._write([])

    def save(self, collection: Collection) -> None:
        """Put it in, or in the place of the one of its name. Only for who holds the store's lock."""
        others = (other for other in self.collections() if other.name != collection.name)
        self._write(sorted((*others, collection), key=lambda one: one.name))

    def forget(self, name: str) -> None:
        """Take it out. Only for who holds the store's lock."""
        self._write([collection for collection in self.collections() if collection.name != name])

    def _read(self) -> tuple[Collection, ...]:
        try:
            return Listing.model_validate_json(self._file.read_bytes()).collections
        except OSError as error:
            raise told(error, self._file.parent) from None
        except ValidationError as error:
            reason = error.errors(include_url=False)[0]["msg"]
            raise KnowledgeError(
                f"{self._file} is damaged ({reason}): put a copy of it back, or delete its folder and add again"
            ) from None

    def _write(self, collections: list[Collection]) -> None:
        listing = Listing(collections=tuple(collections)).model_dump_json(indent=1)
        unfinished = self._file.with_name(f".{FILE}")
        try:
            with unfinished.open("w") as file:
                file.write(listing)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self._file)
            self._seen = ()
        except OSError as error:
            raise told(error, self._file.parent) from None
