"""The manifest of something trained: what it is, what it was learned from, how good it is, the hash of every file.

Written last, so that its presence means the artifact is complete. Knows no array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from routers.errors import ArtifactError
from routers.selective import Curve

FORMAT = 2
MANIFEST = "manifest.json"


class Source(BaseModel):
    """A table learned from, under which licence, and how many of its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    origin: str
    licence: str
    rows: int


class Threshold(BaseModel):
    """A number to act upon, and what choosing it means."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: float
    meaning: str


class Manifest(BaseModel):
    """Everything about an artifact but its numbers.

    `tables`: sha256 of each table learned from, by file name. `encoder`: what wrote the rows, by name and hash.
    `selective`: how sure one must be to answer, by what says how sure it is: a router of whoever is asked first, the
    fuser of the answer it came to. No file holds it, so that the version stays and profiles of experts go on fitting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    kind: str
    version: str = ""
    format: int = FORMAT
    command: str
    seed: int
    sources: tuple[Source, ...]
    tables: dict[str, str]
    encoder: dict[str, int | str]
    categories: tuple[str, ...]
    experts: tuple[str, ...] = ()
    routers: dict[str, str] = {}
    metrics: dict[str, float] = {}
    metrics_measured_on: dict[str, str] = {}
    thresholds: dict[str, Threshold] = {}
    selective: dict[str, Curve] = {}
    files: dict[str, str] = {}

    def threshold(self, name: str) -> float:
        """ArtifactError where the artifact has no such threshold."""
        if name not in self.thresholds:
            raise ArtifactError(f"the artifact {self.name} {self.version} names no threshold {name!r}; train it again")
        return self.thresholds[name].value


def digest(path: Path) -> str:
    """sha256 of a file, in hex."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digests(folder: Path, names: Collection[str]) -> dict[str, str]:
    """sha256 of each of a folder's files, by name."""
    return {name: digest(folder / name) for name in sorted(names)}


def version_of(files: dict[str, str]) -> str:
    """Twelve hex digits of what the files hold: same weights, same version, whenever they were made."""
    named = "".join(f"{name}:{found};" for name, found in sorted(files.items()))
    return hashlib.sha256(named.encode()).hexdigest()[:12]


def write_manifest(folder: Path, manifest: Manifest, names: Collection[str]) -> Manifest:
    """The manifest with the hashes of its files, as it now lies in the folder; written last."""
    files = digests(folder, names)
    written = manifest.model_copy(update={"files": files, "version": version_of(files)})
    (folder / MANIFEST).write_text(written.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return written


def load_manifest(folder: Path, kind: str, needed: Collection[str] = ()) -> Manifest:
    """The manifest, once its format is one we read and every file has the hash it names; else ArtifactError."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(f"no trained {kind} at {folder}: {MANIFEST} is missing")
    manifest = _parsed(path)
    if (manifest.kind, manifest.format) != (kind, FORMAT):
        found = f"{manifest.kind!r} of format {manifest.format}"
        raise ArtifactError(f"{folder} holds {found}; this version reads {kind!r} of format {FORMAT}")
    if unhashed := sorted(set(needed) - set(manifest.files)):
        raise ArtifactError(f"{path} names no hash of {', '.join(unhashed)}; restore it or train again")
    _check_files(folder, manifest.files)
    return manifest


def _parsed(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ArtifactError(f"{path} is not a manifest: {where}: {first['msg']}") from None


def _check_files(folder: Path, expected: dict[str, str]) -> None:
    for name, found in expected.items():
        path = folder / name
        if path.name != name:
            raise ArtifactError(f"{folder / MANIFEST} names {name!r}, which is not a file of that folder")
        if not path.is_file():
            raise ArtifactError(f"{path} is missing; train the router again or restore the file")
        if digest(path) != found:
            raise ArtifactError(f"{path} is not the file its manifest names (sha256 differs); restore it or retrain")
