"""A folder of fitted routers over the rows of one reader: what a gateway serves from and an evaluation judges.

A folder `reader/` inside it holds the reader it was fitted with; without one that is the bundled reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array, Matrix, Router
from routers.catalog import KINDS
from routers.encoders.layout import Layout
from routers.errors import ArtifactError
from routers.files import names_of, read, write
from routers.fusion.evidence import Evidence
from routers.fusion.fuser import Fuser
from routers.manifest import MANIFEST, Manifest, load_manifest, write_manifest
from routers.reader import Reader, load_bundled_reader, load_reader
from routers.verbosity import Verbosity

KIND = "routers"
READER = "reader"
VERBOSITY = "verbosity"
FUSER = "fuser"
ROUTER, BASELINE = "router", "baseline"


@dataclass(frozen=True, slots=True)
class Suite:
    """Routers by name, all fitted on rows of `reader`; and how much each expert writes, where that was recorded.

    fuser: how to weigh several experts' answers; the bundled one where no answers were recorded.
    """

    reader: Reader
    routers: Mapping[str, Router]
    manifest: Manifest
    verbosity: Verbosity | None = None
    fuser: Fuser = field(default_factory=Fuser.generic)

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def kinds(self) -> Mapping[str, str]:
        """Which of them are routers of ours and which are baselines."""
        return {name: self.manifest.routers[name] for name in self.routers}

    @property
    def experts(self) -> tuple[str, ...]:
        return self.manifest.experts

    @property
    def layout(self) -> Layout:
        """What stands where in a row."""
        return self.reader.layout

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Rows at the full speed."""
        return self.reader.encode(texts)

    def category_chances(self, X: Matrix) -> tuple[Array, tuple[str, ...]]:
        """(n, K) and the names of the categories."""
        return self.layout.chances(X), self.layout.categories


@contextmanager
def bundled() -> Iterator[Path]:
    """The folder of the routers that come with the package."""
    with as_file(files("routers") / "bundled" / KIND) as folder:
        yield folder


def load_bundled_suite(*, only: Collection[str] | None = None, threads: int = 1) -> Suite:
    """The routers that come with the package: abilities of every recorded model that may be shipped."""
    with bundled() as folder:
        return load_suite(folder, only=only, threads=threads)


def load_suite(folder: Path, *, only: Collection[str] | None = None, threads: int = 1) -> Suite:
    """ArtifactError, in one line, where the folder is damaged, foreign, or fitted with another reader.

    only: the names that are wanted; those the folder does not have are passed over.
    """
    manifest = load_manifest(folder, KIND)
    own = folder / READER
    reader = load_reader(own, threads=threads) if own.is_dir() else load_bundled_reader(threads=threads)
    fitted_with = manifest.encoder.get("reader")
    if fitted_with != reader.version:
        raise ArtifactError(
            f"{folder} was fitted with reader {fitted_with}, and this one is {reader.version}; train the routers again"
        )
    names = [name for name in manifest.routers if only is None or name in only]
    if unhashed := [name for name in names if set(names_of(name)) - set(manifest.files)]:
        raise ArtifactError(f"{folder / MANIFEST} names no files of {', '.join(unhashed)}; train the routers again")
    row = reader.layout.blank()
    routers = {name: _working(folder, name, Router, row) for name in names}
    verbosity = None
    if set(names_of(VERBOSITY)) <= set(manifest.files):
        verbosity = _working(folder, VERBOSITY, Verbosity, row)
    return Suite(reader, routers, manifest, verbosity, _fuser(folder, manifest))


def load_bundled_fuser() -> Fuser:
    """The fuser that comes with the package: it knows the recorded models, and anybody else by their chances."""
    with bundled() as folder:
        manifest = load_manifest(folder, KIND)
        return _fuser(folder, manifest) if _has_fuser(manifest) else Fuser.generic()


def save_suite(
    routers: Mapping[str, Router],
    verbosity: Verbosity | None,
    manifest: Manifest,
    folder: Path,
    fuser: Fuser | None = None,
) -> Manifest:
    """Write the routers, then the manifest with their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    names = [name for key, router in routers.items() for name in write(router, folder, key)]
    if verbosity is not None:
        names += write(verbosity, folder, VERBOSITY)
    if fuser is not None:
        names += write(fuser, folder, FUSER)
    return write_manifest(folder, manifest, names)


def _fuser(folder: Path, manifest: Manifest) -> Fuser:
    """The folder's own, once it can weigh something; the bundled one, where it has none."""
    if not _has_fuser(manifest):
        return load_bundled_fuser()
    kept = read(folder, FUSER, KINDS)
    if not isinstance(kept, Fuser):
        raise ArtifactError(f"{folder / FUSER}.json holds a {type(kept).__name__}, not a Fuser")
    try:
        view = kept.for_experts([*kept.experts_, None])
        chance = np.full(len(kept.experts_) + 1, 0.5)
        view.gains(Evidence.blank(chance, chance).heard(0, 0))
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ArtifactError(f"{folder / FUSER}.npz is not of this version ({error}); train it again") from None
    return kept


def _has_fuser(manifest: Manifest) -> bool:
    return set(names_of(FUSER)) <= set(manifest.files)


def _working(folder: Path, name: str, kind: type[Any], row: Array) -> Any:
    """What is kept under the name, once it is of this kind and can say something of a row."""
    kept = read(folder, name, KINDS)
    if not isinstance(kept, kind):
        raise ArtifactError(f"{folder / name}.json holds a {type(kept).__name__}, not a {kind.__name__}")
    try:
        kept.predict(row)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ArtifactError(f"{folder / name}.npz is not of this version ({error}); train it again") from None
    return kept
