"""How queries are read, as an artifact: the two-speed encoder, with its thresholds and its manifest.

Routers are fitted on the rows of one reader and hold its version: rows of another mean something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copyfile

import numpy as np

from routers.base import Array, Estimator
from routers.classifier import CategoryClassifier
from routers.encoders.hashing import Space
from routers.encoders.layout import Layout
from routers.encoders.onnx import MODEL, TOKENIZER, OnnxEncoder
from routers.encoders.query import FullEncoder, QuickEncoder, TwoSpeedEncoder
from routers.encoders.sketch import Sketch
from routers.encoders.static import StaticEncoder
from routers.errors import ArtifactError
from routers.files import names_of, read, write
from routers.head import CategoryHead
from routers.manifest import MANIFEST, Manifest, load_manifest, write_manifest
from routers.outliers import Outliers

KIND = "reader"
RARITY = "rarity.npy"
CLASSIFIER, SKETCH, HEAD, OUTLIERS = "classifier", "sketch", "head", "outliers"
KINDS: dict[str, type[Estimator]] = {
    kind.__name__: kind for kind in (CategoryClassifier, Sketch, CategoryHead, Outliers)
}
SETTLE_ABOVE, SURE_ABOVE = "settle_above", "sure_above"
QUICK = (RARITY, *names_of(CLASSIFIER), *names_of(SKETCH))
FULL = (*names_of(HEAD), *names_of(OUTLIERS), MODEL, TOKENIZER)


@dataclass(frozen=True, slots=True)
class Reader:
    """Texts to rows, and what the manifest says of it. `outliers` judges rows of the full encoder."""

    encoder: TwoSpeedEncoder
    outliers: Outliers | None
    manifest: Manifest

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def layout(self) -> Layout:
        return self.encoder.layout

    @property
    def sure_above(self) -> float:
        """Below this confidence a query is the fallback expert's."""
        return self.manifest.threshold(SURE_ABOVE)

    def glance(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """The quick encoder's rows (n, width), and (n,) bool: which of them stand."""
        rows = self.encoder.quick.encode(texts)
        return rows, self.encoder.settled(rows)

    def strange(self, rows: Array) -> tuple[str, ...]:
        """Per row of the full encoder: in words why it is nothing a router was made for, or ""."""
        return ("",) * len(rows) if self.outliers is None else self.outliers.reasons(rows)

    def encode(self, texts: Sequence[str]) -> Array:
        """(n, width) rows, at the full speed where there is one: what routers are trained and judged on."""
        return (self.encoder.full or self.encoder.quick).encode(texts)


def load_bundled_reader(*, threads: int = 1) -> Reader:
    """The reader that comes with the package."""
    with as_file(files("routers") / "bundled" / KIND) as folder:
        return load_reader(folder, threads=threads)


def load_reader(folder: Path, *, threads: int = 1) -> Reader:
    """ArtifactError, in one line, where the folder is not a complete and undamaged reader."""
    manifest = load_manifest(folder, KIND, QUICK)
    static = StaticEncoder(_space(manifest), _rarity(folder / RARITY))
    classifier = read(folder, CLASSIFIER, KINDS)
    quick = QuickEncoder(static, classifier, read(folder, SKETCH, KINDS))
    full = outliers = None
    if MODEL in manifest.files:
        model = OnnxEncoder(folder, tokens=int(manifest.encoder["tokens"]), threads=threads)
        full = FullEncoder(static, classifier, model, read(folder, HEAD, KINDS))
        outliers = read(folder, OUTLIERS, KINDS)
    settle_above = manifest.threshold(SETTLE_ABOVE) if full else 0.0
    return Reader(TwoSpeedEncoder(quick, full, settle_above), outliers, manifest)


def save_reader(reader: Reader, folder: Path, model: Path | None = None) -> Reader:
    """Write the files, then the manifest with their hashes; the reader as it will load is returned.

    `model` is the folder of the ONNX file and its tokenizer, where there is a full half.
    """
    encoder = reader.encoder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    quick = encoder.quick
    np.save(folder / RARITY, quick.static.rarity, allow_pickle=False)
    write(quick.classifier, folder, CLASSIFIER)
    write(quick.sketch, folder, SKETCH)
    if encoder.full is not None and reader.outliers is not None and model is not None:
        write(encoder.full.head, folder, HEAD)
        write(reader.outliers, folder, OUTLIERS)
        for name in (MODEL, TOKENIZER):
            if model != folder:
                copyfile(model / name, folder / name)
    write_manifest(folder, reader.manifest, QUICK if encoder.full is None else (*QUICK, *FULL))
    return load_reader(folder)


def _space(manifest: Manifest) -> Space:
    try:
        return Space(**{name: int(manifest.encoder[name]) for name in Space.__dataclass_fields__})
    except KeyError as error:
        raise ArtifactError(f"the manifest of {manifest.name} lacks encoder.{error.args[0]}; train it again") from None


def _rarity(path: Path) -> Array:
    try:
        rarity: Array = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise ArtifactError(f"{path} cannot be read: {error}") from None
    return rarity
