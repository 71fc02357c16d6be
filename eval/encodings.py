"""What encoders have made of texts, kept on disk: reading a text takes milliseconds, and evaluations repeat it.

A row is found again by its encoder and its text, never by its place in a table. A lost row costs only the time to make
it again, so whatever is wrong with the file is said once and the work goes on without it. Knows no router.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from eval.rowfile import RowFile
from gateway.settings import cache_folder, load_settings
from routers.base import Array
from routers.encoders.query import FullEncoder, TwoSpeedEncoder
from routers.reader import Reader
from routers.retriever import Retriever
from routers.suite import Suite

FILE = "encodings.db"
PROBES = ("What is the capital of France?", "def f(x):\n    return x * 2  # ∫")
"""Read anew by every process: an encoder that reads these otherwise, on another machine or in another version of the
code, is another encoder."""
Say = Callable[[str], None]


class Texts(Protocol):
    """Whatever makes rows of texts."""

    def encode(self, texts: Sequence[str]) -> Array: ...


class Encodings:
    """What was read and made so far; without a file everything is made."""

    def __init__(self, file: RowFile | None) -> None:
        self._file = file
        self.read = 0
        self.made = 0

    @property
    def kept(self) -> bool:
        """Whether anything is, for the next time."""
        return self._file is not None

    def behind(self, suite: Suite) -> Suite:
        """The same suite, but its transformer reads no text twice."""
        return replace(suite, reader=self.behind_reader(suite.reader))

    def behind_reader(self, reader: Reader) -> Reader:
        """The same reader, at both speeds and to the last digit; one without a transformer is quick enough as it is."""
        full = reader.encoder.full
        if full is None:
            return reader
        model = self.remembering(full.model, f"{reader.manifest.name} {reader.version}")
        remembering = FullEncoder(full.static, full.classifier, model, full.head)
        return replace(reader, encoder=TwoSpeedEncoder(reader.encoder.quick, remembering, reader.encoder.settle_above))

    def behind_retriever(self, retriever: Retriever) -> Retriever:
        """The same retriever of documents."""
        model = self.remembering(retriever.model, f"{retriever.name} {retriever.version}")
        return replace(retriever, model=_Sized(model, retriever.width, retriever.tokens))

    def remembering(self, encoder: Texts, name: str) -> Remembering:
        """An encoder whose rows are found again under this name; `name` tells its version."""
        return Remembering(encoder, name, self, self._file)

    def said(self) -> str:
        """In words, how much of the work was saved; "" where there was none, or nothing is kept."""
        asked = self.read + self.made
        if not asked or self._file is None:
            return ""
        return f"Encodings of {self.read:,} of {asked:,} texts came from the cache"


class Remembering:
    """An encoder that makes only the rows nobody has kept. float32, one row a text."""

    name = "remembering"
    inline = False

    def __init__(self, encoder: Texts, name: str, counts: Encodings, file: RowFile | None) -> None:
        self._encoder = encoder
        self._counts = counts
        self._file = file
        self._key = b"" if file is None else _digest(name.encode() + encoder.encode(PROBES).tobytes())

    def encode(self, texts: Sequence[str]) -> Array:
        if self._file is None or not texts:
            self._counts.made += len(texts)
            rows: Array = self._encoder.encode(texts)
            return rows
        keys = [_digest(text.encode("utf-8", "surrogatepass")) for text in texts]
        kept = self._file.read(self._key, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        if missing:
            made = np.asarray(self._encoder.encode(list(missing.values())), dtype=np.float32)
            fresh = dict(zip(missing, made, strict=True))
            self._file.write(self._key, fresh)
            kept.update(fresh)
        again = sum(key in missing for key in keys)
        self._counts.made += again
        self._counts.read += len(keys) - again
        return np.stack([kept[key] for key in keys])


@dataclass(frozen=True, slots=True)
class _Sized:
    """As a retriever wants its model."""

    encoder: Texts
    width: int
    tokens: int

    def encode(self, texts: Sequence[str]) -> Array:
        return self.encoder.encode(texts)


@contextmanager
def open_encodings(use: bool, say: Say, folder: Path | None = None) -> Iterator[Encodings]:
    """Those of this user, unless a folder is given. say: hears one line where they cannot be kept."""
    if not use:
        yield Encodings(None)
        return
    file = RowFile((folder or cache_folder(load_settings())) / FILE, say)
    try:
        yield Encodings(file)
    finally:
        file.close()


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
