"""The encoder that documents are found with, as an artifact: texts to unit rows, named and versioned.

A store holds the name and version of the encoder that wrote it: rows of another mean something else. Knows no store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol

from routers.base import Array
from routers.encoders.onnx import MODEL, TOKENIZER, OnnxEncoder
from routers.errors import ArtifactError
from routers.manifest import Manifest, load_manifest

KIND = "retriever"
QUERY, PASSAGE = "query", "passage"
"""What the manifest calls the words that go before a query and before a passage; most encoders want none."""


class Model(Protocol):
    """Texts to rows of this width; of each text so many tokens are read."""

    @property
    def width(self) -> int: ...

    @property
    def tokens(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Array: ...


@dataclass(frozen=True, slots=True)
class Retriever:
    """Cosine of a query's row and a passage's is their similarity. Encoding takes milliseconds: not on an event loop.

    manifest: `encoder` holds base, licence, tokens, width, and what goes before a query and before a passage.
    """

    model: Model
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def version(self) -> str:
        """Of the weights and the tokenizer: twelve hex digits."""
        return self.manifest.version

    @property
    def width(self) -> int:
        return self.model.width

    @property
    def tokens(self) -> int:
        """As much is read of a text; the rest is not seen."""
        return self.model.tokens

    def encode(self, texts: Sequence[str]) -> Array:
        """(n, width) float32, rows of length one: passages."""
        return self._encode(texts, PASSAGE)

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """(n, width) float32, rows of length one: what passages are looked for with."""
        return self._encode(texts, QUERY)

    def _encode(self, texts: Sequence[str], role: str) -> Array:
        before = str(self.manifest.encoder.get(role, ""))
        return self.model.encode([before + text for text in texts] if before else texts)


def load_bundled_retriever(*, threads: int = 1) -> Retriever:
    """The one that comes with the package: the base of every store."""
    with as_file(files("routers") / "bundled" / KIND) as folder:
        return load_retriever(folder, threads=threads)


def bundled_manifest() -> Manifest:
    """Of the one that comes with the package; nothing is loaded."""
    with as_file(files("routers") / "bundled" / KIND) as folder:
        return load_manifest(folder, KIND, (MODEL, TOKENIZER))


def load_retriever(folder: Path, *, threads: int = 1) -> Retriever:
    """ArtifactError, in one line, where the folder is not a complete and undamaged retriever. `threads`: texts at once.

    Such a folder is written by `coterie knowledge encoder`.
    """
    manifest = load_manifest(folder, KIND, (MODEL, TOKENIZER))
    try:
        tokens, width = int(manifest.encoder["tokens"]), int(manifest.encoder["width"])
    except (KeyError, ValueError):
        raise ArtifactError(f"the manifest in {folder} lacks encoder.tokens or encoder.width; write it again") from None
    model = OnnxEncoder(folder, tokens=tokens, threads=threads)
    if model.width != width:
        raise ArtifactError(f"{folder} names rows of width {width}, but its model writes {model.width}; write it again")
    return Retriever(model, manifest)
