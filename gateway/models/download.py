"""Model files in the cache folder: fetched once, verified, never seen half-done. Knows no servers and no experts."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from platformdirs import user_cache_path
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.locking import locked
from gateway.models.registry import Hub, InPlace, ModelError, ModelFile, Wheels
from gateway.models.sources import SourceFailed, chunks_of
from gateway.models.verified import is_good, remember

log = logging.getLogger("coterie.models")
MAGIC = b"GGUF"


def default_cache_dir() -> Path:
    """The user's own cache folder, not yet made."""
    return user_cache_path("coterie") / "models"


def fetch(entry: ModelFile, cache_dir: Path, progress: bool = False) -> Path:
    """The verified file, from the cache or from the first source that has it. Blocks; raises ModelError."""
    for source in entry.sources:
        if isinstance(source, InPlace):
            return _in_place(source.path)
    target = cache_dir / entry.file
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with locked(cache_dir / f".{entry.file}.lock"):
            return _cached(entry, target) or _obtain(entry, target, progress and Console(stderr=True).is_terminal)
    except OSError as error:
        raise _told(error, entry, cache_dir) from error


def _in_place(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise ModelError(f"model {path}: {error.strerror}") from error
    if magic != MAGIC:
        raise ModelError(f"model {path}: not a GGUF file")
    return path


def _cached(entry: ModelFile, target: Path) -> Path | None:
    if not target.exists():
        return None
    if is_good(target, entry.sha256, entry.size):
        return target
    log.warning("%s is damaged and will be fetched again", target)
    return None


def _obtain(entry: ModelFile, target: Path, progress: bool) -> Path:
    prefix = f".fetch-{entry.file}-"
    for abandoned in target.parent.glob(f"{prefix}*"):  # nobody works there: we hold the lock
        shutil.rmtree(abandoned, ignore_errors=True)
    _check_room(entry, target.parent)
    log.info("fetching model %s into %s", entry.name, target.parent)
    reasons = []
    for source in entry.sources:
        try:
            with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent) as folder:
                return _land(entry, source, Path(folder), target, progress)
        except SourceFailed as failed:
            reasons.append(f"  {_name(source)}: {failed}")
    way_out = "Get the file by other means and give its path: `model: /path/to/file.gguf`."
    raise ModelError("\n".join([f"model {entry.name} could not be fetched:", *reasons, way_out]))


def _land(entry: ModelFile, source: Hub | Wheels | InPlace, folder: Path, target: Path, progress: bool) -> Path:
    """Copy beside the target, check, and only then give the file its name."""
    assert not isinstance(source, InPlace)
    partial = folder / "partial"
    with closing(chunks_of(source, folder, progress)) as chunks:
        sha256 = _copy(_shown(chunks, entry) if progress else chunks, partial)
    if entry.sha256 not in (None, sha256):
        raise SourceFailed(f"refused: its sha256 is {sha256[:12]}..., not {str(entry.sha256)[:12]}...")
    os.replace(partial, target)
    remember(target, sha256)
    return target


def _copy(chunks: Iterable[bytes], partial: Path) -> str:
    digest = hashlib.sha256()
    with partial.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _shown(chunks: Iterable[bytes], entry: ModelFile) -> Iterator[bytes]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"verifying {entry.name}", total=entry.size)
        for chunk in chunks:
            yield chunk
            bar.advance(task, len(chunk))


def _check_room(entry: ModelFile, folder: Path) -> None:
    """What is downloaded and what is made of it stand side by side for a moment."""
    if entry.size is not None and shutil.disk_usage(folder).free < 2 * entry.size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _told(error: OSError, entry: ModelFile, folder: Path) -> ModelError:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(f"model {entry.name}: cannot use {error.filename or folder}: {error.strerror}")
    need = "more space" if entry.size is None else f"{2 * entry.size / 1e6:.0f} MB while it is being fetched"
    return ModelError(f"model {entry.name}: no room in {folder}, it needs {need}")


def _name(source: Hub | Wheels | InPlace) -> str:
    match source:
        case Hub():
            return f"hf:{source.repo}/{source.file}"
        case Wheels():
            return " + ".join(part.requirement for part in source.parts)
        case InPlace():
            return str(source.path)
